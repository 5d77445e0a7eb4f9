//! Which answers of AWS are read at all? Those that come to an end: what stands in AWS's stead may send for ever, or break off.

use aws_sdk_s3::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeDeserializationInterceptorContextMut,
};
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::primitives::SdkBody;
use http_body_util::Limited;

/// Bytes. A page of a thousand parts, or of a thousand keys of full length, has a fraction of it.
const MOST: usize = 4 << 20;

/// Gives up on an answer that is longer, and on a document that breaks off.
#[derive(Debug)]
pub(super) struct WholeAnswers;

impl Intercept for WholeAnswers {
    fn name(&self) -> &'static str {
        "WholeAnswers"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let answer = context.response_mut();
        let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
        *answer.body_mut() = SdkBody::from_body_1_x(Limited::new(body, MOST));
        Ok(())
    }

    /// The SDK takes the end of what came for the end of every element that is open: of a listing that broke off it makes a short one.
    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        match context.response().body().bytes() {
            Some(body) if breaks_off(body) => Err("the answer breaks off".into()),
            Some(_) | None => Ok(()),
        }
    }
}

/// Is it an XML document whose root is not closed at its end?
fn breaks_off(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    let document = text.trim_ascii();
    if !document.starts_with('<') {
        return false;
    }
    let after_declaration = match document.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>").map_or("", |(_, rest)| rest),
        None => document,
    };
    let root = after_declaration.trim_ascii_start().strip_prefix('<').unwrap_or_default();
    let name: &str = root.split(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/').next().unwrap_or_default();
    let stands_alone = root.split_once('>').is_some_and(|(tag, rest)| tag.ends_with('/') && rest.is_empty());
    name.is_empty() || !(stands_alone || document.ends_with(&format!("</{name}>")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = "<?xml version=\"1.0\"?>\n<L xmlns=\"x\"><P a=\"/\">1</P><P/><I>false</I></L>";

    #[test]
    fn a_document_is_whole_when_its_root_is_closed_and_nowhere_before() {
        assert!(!breaks_off(LISTING.as_bytes()) && !breaks_off(format!(" {LISTING} \n").as_bytes()));
        for end in 1..LISTING.len() {
            assert!(breaks_off(&LISTING.as_bytes()[..end]), "{}", &LISTING[..end]);
        }
    }

    #[test]
    fn what_is_no_document_is_not_judged() {
        for other in ["", " ", "{\"Messages\": [", "text", "<L/>", "<L a=\"b\" />", "<?xml version=\"1.0\"?><L></L>"] {
            assert!(!breaks_off(other.as_bytes()), "{other}");
        }
    }
}
