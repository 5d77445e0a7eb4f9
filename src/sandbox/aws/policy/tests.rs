//! What do policies allow? Tables of single policies, and role policies met by session policies.

use std::time::Duration;

use time::macros::datetime;

use super::{Policy, Request, Tags, Verdict, is_allowed};

const OBJECT: &str = "arn:aws:s3:::uploads/acme/a.txt";

fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| (key.to_lowercase(), (*value).to_owned())).collect()
}

fn statement(effect: &str, action: &str, resource: &str, rest: &str) -> String {
    format!(r#"{{"Effect":"{effect}","Action":"{action}","Resource":"{resource}"{rest}}}"#)
}

fn policy(statements: &[String]) -> Policy {
    Policy::parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))).unwrap()
}

fn allow(action: &str, resource: &str, rest: &str) -> Policy {
    policy(&[statement("Allow", action, resource, rest)])
}

fn verdict(policy: &Policy, action: &str, resource: &str, prefix: Option<&str>, of: &[(&str, &str)]) -> Verdict {
    policy.verdict(&Request { action, resource, prefix, customer_key: None, tags: &tags(of), issued: None })
}

#[test]
fn actions_match_with_wildcards_and_without_regard_to_case() {
    for (pattern, matches) in [
        ("s3:PutObject", true),
        ("S3:putobject", true),
        ("s3:Put*", true),
        ("s3:?utObject", true),
        ("*", true),
        ("s3:GetObject", false),
        ("s3:PutObjectAcl", false),
        ("s3:Put", false),
    ] {
        let expected = if matches { Verdict::Allowed } else { Verdict::Silent };
        assert_eq!(verdict(&allow(pattern, "*", ""), "s3:PutObject", OBJECT, None, &[]), expected, "{pattern}");
    }
}

#[test]
fn resources_match_with_wildcards_and_with_regard_to_case() {
    for (pattern, matches) in [
        ("arn:aws:s3:::uploads/acme/*", true),
        ("arn:aws:s3:::uploads/*/a.txt", true),
        ("arn:aws:s3:::uploads/acme/?.txt", true),
        ("arn:aws:s3:::uploads/acme/a.txt*", true),
        ("arn:aws:s3:::uploads/ACME/*", false),
        ("arn:aws:s3:::uploads/acme", false),
        ("arn:aws:s3:::uploads/acme/", false),
        ("arn:aws:s3:::uploads/acme/a.txt?", false),
    ] {
        let expected = if matches { Verdict::Allowed } else { Verdict::Silent };
        assert_eq!(verdict(&allow("s3:*", pattern, ""), "s3:PutObject", OBJECT, None, &[]), expected, "{pattern}");
    }
}

#[test]
fn a_tag_is_substituted_letter_by_letter() {
    let own = allow("s3:*", "arn:aws:s3:::uploads/${aws:PrincipalTag/customerName}/*", "");
    for (of, expected) in [
        (&[("customerName", "acme")][..], Verdict::Allowed),
        (&[("CUSTOMERNAME", "acme")], Verdict::Allowed),
        (&[("customerName", "Acme")], Verdict::Silent),
        (&[("customerName", "acme-corp")], Verdict::Silent),
        (&[("customerName", "*")], Verdict::Silent),
        (&[("customerName", "a?me")], Verdict::Silent),
        (&[("customerName", "${aws:PrincipalTag/other}"), ("other", "acme")], Verdict::Silent),
        (&[("customerName", "")], Verdict::Silent),
        (&[], Verdict::Silent),
    ] {
        assert_eq!(verdict(&own, "s3:PutObject", OBJECT, None, of), expected, "{of:?}");
    }
}

#[test]
fn escapes_stand_for_the_character_itself() {
    let escaped = allow("s3:*", "arn:aws:s3:::uploads/${*}/${?}${$}", "");
    assert_eq!(verdict(&escaped, "s3:PutObject", "arn:aws:s3:::uploads/*/?$", None, &[]), Verdict::Allowed);
    assert_eq!(verdict(&escaped, "s3:PutObject", "arn:aws:s3:::uploads/acme/a$", None, &[]), Verdict::Silent);
}

#[test]
fn variables_are_plain_text_without_the_version() {
    let json = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/t}"}}"#;
    let old = Policy::parse(json).unwrap();
    assert_eq!(verdict(&old, "s3:GetObject", "arn:aws:s3:::b/acme", None, &[("t", "acme")]), Verdict::Silent);
}

#[test]
fn a_denial_overrules_every_permission() {
    let both = policy(&[statement("Allow", "s3:*", "*", ""), statement("Deny", "s3:Delete*", "*", "")]);
    assert_eq!(verdict(&both, "s3:DeleteObject", OBJECT, None, &[]), Verdict::Denied);
    assert_eq!(verdict(&both, "s3:PutObject", OBJECT, None, &[]), Verdict::Allowed);
}

#[test]
fn conditions_hold_or_fail() {
    const OWN: &str = r#""s3:prefix":"${aws:PrincipalTag/t}/*""#;
    for (condition, prefix, of, holds) in [
        (format!(r#""StringLike":{{{OWN}}}"#), Some("acme/x"), &[("t", "acme")][..], true),
        (format!(r#""StringLike":{{{OWN}}}"#), Some("acme/"), &[("t", "acme")], true),
        (format!(r#""StringLike":{{{OWN}}}"#), Some("acme"), &[("t", "acme")], false),
        (format!(r#""StringLike":{{{OWN}}}"#), None, &[("t", "acme")], false),
        (format!(r#""StringLike":{{{OWN}}}"#), Some("acme/x"), &[], false),
        (format!(r#""StringEquals":{{{OWN}}}"#), Some("acme/*"), &[("t", "acme")], true),
        (format!(r#""StringEquals":{{{OWN}}}"#), Some("acme/x"), &[("t", "acme")], false),
        (format!(r#""StringNotEquals":{{{OWN}}}"#), None, &[], true),
        (format!(r#""StringNotLike":{{{OWN}}}"#), Some("acme/x"), &[("t", "acme")], false),
        (r#""StringLike":{"aws:PrincipalTag/t":"?*"}"#.to_owned(), None, &[("t", "x")], true),
        (r#""StringLike":{"aws:PrincipalTag/t":"?*"}"#.to_owned(), None, &[("t", "")], false),
        (r#""StringEquals":{"aws:PrincipalTag/t":["a","b"]}"#.to_owned(), None, &[("t", "b")], true),
        (r#""Null":{"aws:PrincipalTag/t":"true"}"#.to_owned(), None, &[], true),
        (r#""Null":{"aws:PrincipalTag/t":false}"#.to_owned(), None, &[], false),
        (r#""Null":{"aws:PrincipalTag/t":false}"#.to_owned(), None, &[("t", "")], true),
    ] {
        let policy = allow("s3:*", "*", &format!(r#","Condition":{{{condition}}}"#));
        let expected = if holds { Verdict::Allowed } else { Verdict::Silent };
        let actual = verdict(&policy, "s3:ListBucket", "arn:aws:s3:::uploads", prefix, of);
        assert_eq!(actual, expected, "{condition} with {prefix:?} and {of:?}");
    }
}

#[test]
fn sessions_that_began_before_a_moment_are_told_from_the_others() {
    let text = r#","Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-01-01T12:00:00Z"}}"#;
    let denies = policy(&[statement("Deny", "*", "*", text)]);
    let noon = datetime!(2026-01-01 12:00 UTC);
    let second = Duration::from_secs(1);
    for (issued, expected) in [
        (Some(noon - second), Verdict::Denied),
        (Some(noon), Verdict::Silent),
        (Some(noon + second), Verdict::Silent),
        (None, Verdict::Silent),
    ] {
        let request = Request {
            action: "s3:PutObject",
            resource: OBJECT,
            prefix: None,
            customer_key: None,
            tags: &Tags::new(),
            issued,
        };
        assert_eq!(denies.verdict(&request), expected, "{issued:?}");
        let (all, both) = (allow("*", "*", ""), expected != Verdict::Denied);
        assert_eq!(is_allowed([&denies, &all], None, &request), both);
        assert_eq!(is_allowed([&all, &denies], None, &request), both);
    }
    for wrong in [
        r#""DateLessThan":{"aws:TokenIssueTime":"noon"}"#,
        r#""DateLessThan":{"aws:PrincipalTag/t":"2026-01-01T12:00:00Z"}"#,
        r#""StringEquals":{"aws:TokenIssueTime":"2026-01-01T12:00:00Z"}"#,
    ] {
        let statement = statement("Deny", "*", "*", &format!(r#","Condition":{{{wrong}}}"#));
        assert!(Policy::parse(&format!(r#"{{"Statement":{statement}}}"#)).is_err(), "{wrong}");
    }
}

#[test]
fn a_key_that_the_caller_brings_along_is_seen() {
    let without =
        allow("s3:*", "*", r#","Condition":{"Null":{"s3:x-amz-server-side-encryption-customer-algorithm":"true"}}"#);
    for (customer_key, expected) in [(None, Verdict::Allowed), (Some("AES256"), Verdict::Silent)] {
        let request = Request {
            action: "s3:PutObject",
            resource: OBJECT,
            prefix: None,
            customer_key,
            tags: &Tags::new(),
            issued: None,
        };
        assert_eq!(without.verdict(&request), expected, "{customer_key:?}");
    }
    let through_s3 = allow("kms:*", "*", r#","Condition":{"StringLike":{"kms:ViaService":"s3.*"}}"#);
    assert_eq!(verdict(&through_s3, "kms:Decrypt", "*", None, &[]), Verdict::Silent, "nobody asks through S3 here");
}

#[test]
fn what_is_not_known_is_refused() {
    for statement in [
        r#"{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":"s3:*","NotResource":"*"}"#,
        r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"}"#,
        r#"{"Effect":"Allow","Action":"s3:*"}"#,
        r#"{"Effect":"Allow","Action":[],"Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":"everything","Resource":"*"}"#,
        r#"{"Effect":"Allow","Action":"s3:*","Resource":"uploads/*"}"#,
        r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:userid}"}"#,
        r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/t"}"#,
        r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"::1"}}}"#,
        r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringLike":{"aws:SourceVpc":"x"}}}"#,
        r#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Null":{"s3:prefix":"maybe"}}}"#,
        r#"{"Effect":"Perhaps","Action":"s3:*","Resource":"*"}"#,
        "",
    ] {
        let json = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
        assert!(Policy::parse(&json).is_err(), "{statement}");
    }
    assert!(Policy::parse("not JSON").is_err());
    assert!(Policy::parse(r#"{"Version":"2030-01-01","Statement":[]}"#).is_err());
}

#[test]
fn a_session_policy_can_only_narrow_its_role() {
    let role = allow("s3:PutObject", "arn:aws:s3:::uploads/acme/*", "");
    let own = allow("s3:*", "arn:aws:s3:::uploads/acme/a*", "");
    let wide = allow("*", "*", "");
    let ask = |session, action, resource| {
        let request = Request { action, resource, prefix: None, customer_key: None, tags: &Tags::new(), issued: None };
        is_allowed([&role], session, &request)
    };
    assert!(ask(None, "s3:PutObject", "arn:aws:s3:::uploads/acme/b.txt"));
    assert!(ask(Some(&own), "s3:PutObject", OBJECT));
    assert!(!ask(Some(&own), "s3:PutObject", "arn:aws:s3:::uploads/acme/b.txt"));
    assert!(!ask(Some(&wide), "s3:GetObject", OBJECT));
    assert!(!ask(Some(&wide), "s3:PutObject", "arn:aws:s3:::uploads/globex/a.txt"));
}
