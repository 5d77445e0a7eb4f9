//! What does a field of a POST form say? Only as much of `multipart/form-data` as it takes to find a session token.

/// The field `name` of a form. Like S3, this looks no further than the file, which comes last.
pub(super) fn field(content_type: &str, body: &[u8], name: &str) -> Option<String> {
    let boundary = content_type.split(';').find_map(|parameter| parameter.trim().strip_prefix("boundary="))?;
    let delimiter = format!("--{}", boundary.trim_matches('"'));
    let end = format!("\r\n{delimiter}");

    let mut rest = after(body, delimiter.as_bytes())?;
    loop {
        let head = before(rest, b"\r\n\r\n")?;
        let part = after(rest, b"\r\n\r\n")?;
        let field = field_name(&String::from_utf8_lossy(head))?;
        if field == "file" {
            return None;
        }
        let value = before(part, end.as_bytes())?;
        if field == name {
            return String::from_utf8(value.to_vec()).ok();
        }
        rest = after(part, end.as_bytes())?;
    }
}

/// The name of a field, in lower case as s3s reads it.
fn field_name(head: &str) -> Option<String> {
    let disposition =
        head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?.split(';');
    let name = disposition.map(str::trim).find_map(|parameter| parameter.strip_prefix("name="))?;
    Some(name.trim_matches('"').to_ascii_lowercase())
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

fn before<'a>(text: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    text.get(..find(text, wanted)?)
}

fn after<'a>(text: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    text.get(find(text, wanted)? + wanted.len()..)
}

#[cfg(test)]
mod tests {
    use super::field;

    const TYPE: &str = "multipart/form-data; boundary=xyz";

    fn form(fields: &[(&str, &str)]) -> Vec<u8> {
        let parts = fields.iter().map(|(name, value)| {
            format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        });
        parts.chain(["--xyz--\r\n".to_owned()]).collect::<String>().into_bytes()
    }

    #[test]
    fn a_field_is_found_by_its_name_in_any_case() {
        let body = form(&[("key", "a"), ("X-Amz-Security-Token", "t--xyz"), ("file", "bytes")]);
        assert_eq!(field(TYPE, &body, "x-amz-security-token").as_deref(), Some("t--xyz"));
        assert_eq!(field("multipart/form-data; boundary=\"xyz\"", &body, "key").as_deref(), Some("a"));
    }

    #[test]
    fn what_follows_the_file_is_not_read() {
        let body = form(&[("file", "bytes"), ("x-amz-security-token", "t")]);
        assert_eq!(field(TYPE, &body, "x-amz-security-token"), None);
    }

    #[test]
    fn a_broken_form_has_no_fields() {
        for body in [&b""[..], b"--xyz", b"--xyz\r\n\r\nvalue\r\n--xyz", b"--xyz\r\nContent-Disposition: x\r\n\r\n"] {
            assert_eq!(field(TYPE, body, "key"), None);
        }
        assert_eq!(field("text/plain", &form(&[("key", "a")]), "key"), None);
    }
}
