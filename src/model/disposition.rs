//! Is a download shown or saved, and under which name?

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{ContentType, FileName, Invalid};

/// Everything but RFC 8187's `attr-char` (§3.2.1).
const EXTENDED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// What a browser does with a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// It saves it.
    Attachment,
    /// It shows it.
    Inline,
}

impl Disposition {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attachment => "attachment",
            Self::Inline => "inline",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    ///
    /// # Errors
    /// When it is neither `attachment` nor `inline`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "attachment" => Ok(Self::Attachment),
            "inline" => Ok(Self::Inline),
            _ => Err(Invalid::rule("must be attachment or inline")),
        }
    }

    /// The value of `Content-Disposition`, in visible ASCII and spaces (RFC 6266): the name as it is, in the encoding of RFC
    /// 8187, after a plain stand-in for those who do not read that. `%` is replaced in the stand-in too, because some take it
    /// for an encoding (RFC 6266, appendix D).
    #[must_use]
    pub fn header(self, name: &FileName) -> String {
        let plain = |c: char| if matches!(c, ' '..='~') && !matches!(c, '"' | '\\' | '%') { c } else { '_' };
        let fallback: String = name.as_str().chars().map(plain).collect();
        let mut header = format!("{}; filename=\"{fallback}\"; filename*=UTF-8''", self.as_str());
        let _ = write!(header, "{}", utf8_percent_encode(name.as_str(), EXTENDED));
        header
    }

    /// May something of that type be taken so? Anything may be saved, but only what a browser shows without running it may
    /// be shown: an uploaded page or SVG would run with the bucket's origin. What is not known to be harmless is not.
    #[must_use]
    pub fn allowed_for(self, content_type: &ContentType) -> bool {
        let essence = content_type.essence();
        match (self, essence.split_once('/')) {
            (Self::Attachment, _) => true,
            // `image/svg+xml` today, and whatever else may come that is XML: all of it can carry scripts.
            (Self::Inline, Some(("image" | "video" | "audio", subtype))) => {
                !subtype.starts_with("svg") && !subtype.contains("xml")
            }
            (Self::Inline, _) => matches!(essence.as_str(), "text/plain" | "application/pdf"),
        }
    }
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;

    fn header(name: &str) -> String {
        Disposition::Attachment.header(&FileName::parse(name).unwrap())
    }

    proptest! {
        #[test]
        fn any_name_comes_through_and_none_breaks_out(name in "[ -~]{0,40}\\PC{0,200}[\"%;'*=\u{202e}é世🦀]{0,10}") {
            let Ok(name) = FileName::parse(&name) else { return Ok(()) };
            let header = Disposition::Inline.header(&name);
            prop_assert!(header.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{header}");
            let rest = header.strip_prefix("inline; filename=\"").unwrap();
            let (fallback, rest) = rest.split_once('"').unwrap();
            prop_assert!(!fallback.contains(['\\', '%']));
            prop_assert_eq!(fallback.chars().count(), name.as_str().chars().count());
            let extended = rest.strip_prefix("; filename*=UTF-8''").unwrap();
            let attr_char = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~%".contains(&byte);
            prop_assert!(extended.bytes().all(attr_char), "{extended}");
            prop_assert_eq!(percent_decode_str(extended).decode_utf8().unwrap(), name.as_str());
        }
    }

    #[test]
    fn a_name_is_given_twice() {
        assert_eq!(header("a b.txt"), "attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt");
        assert_eq!(
            header("\"50%\" é.pdf"),
            "attachment; filename=\"_50__ _.pdf\"; filename*=UTF-8''%2250%25%22%20%C3%A9.pdf"
        );
    }

    #[test]
    fn only_what_no_browser_runs_is_shown() {
        let allowed = |text: &str| Disposition::Inline.allowed_for(&ContentType::parse(text).unwrap());
        for shown in [
            "image/png",
            "IMAGE/JPEG",
            "image/webp; q=1",
            "video/mp4",
            "audio/mpeg",
            "text/plain; charset=utf-8",
            "application/pdf",
        ] {
            assert!(allowed(shown), "{shown}");
        }
        for saved in [
            "text/html",
            "Text/HTML; charset=utf-8",
            "text/html ;a=b",
            "image/svg+xml",
            "IMAGE/SVG+XML; charset=utf-8",
            "image/svg",
            "image/x-xml",
            "application/xhtml+xml",
            "application/xml",
            "text/xml",
            "video/vnd.x+xml",
            "text/javascript",
            "application/javascript",
            "text/css",
            "application/x-shockwave-flash",
            "multipart/x-mixed-replace",
            "application/octet-stream",
            "message/rfc822",
            "text/plainer",
            "imagex/png",
        ] {
            assert!(!allowed(saved), "{saved}");
            assert!(Disposition::Attachment.allowed_for(&ContentType::parse(saved).unwrap()), "{saved}");
        }
    }

    #[test]
    fn a_disposition_is_read_as_it_was_written() {
        for disposition in [Disposition::Attachment, Disposition::Inline] {
            assert_eq!(Disposition::parse(disposition.as_str()), Ok(disposition));
        }
        for wrong in ["", "Inline", "form-data", "attachment; filename=x"] {
            assert!(Disposition::parse(wrong).is_err(), "{wrong}");
        }
    }
}
