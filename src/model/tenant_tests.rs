//! What makes a slug, a domain or a pattern right or wrong?

use time::macros::datetime;

use super::*;
use crate::model::{ContentType, ContentTypePattern, FileSize};

/// A tenant of that slug that allows everything.
pub(crate) fn tenant(slug: &str) -> Tenant {
    Tenant {
        id: TenantId::new(datetime!(2026-01-01 0:00 UTC)),
        slug: Slug::parse(slug).unwrap(),
        name: TenantName::parse(slug).unwrap(),
        status: TenantStatus::Active,
        claim_values: Box::default(),
        email_domains: Box::default(),
        identity_provider: None,
        native_users: true,
        limits: Limits {
            max_upload_bytes: FileSize::parse(1 << 30).unwrap(),
            allowed_content_types: [ContentTypePattern::parse("*/*").unwrap()].into(),
            monthly_bytes: None,
            requests_per_minute: None,
        },
        isolation: Isolation::Tenant,
        credential_vending: false,
        credential_reading: false,
        sessions_from: None,
        created_at: datetime!(2026-01-01 0:00 UTC),
        updated_at: datetime!(2026-01-01 0:00 UTC),
    }
}

#[test]
fn a_slug_cannot_carry_anything_into_a_policy() {
    for bad in ["", "a", "-a", "a-", "A1", "a_b", "a/b", "a*", "a?", "${aws:x}", "..", "a b", "é1", &"a".repeat(64)] {
        assert!(Slug::parse(bad).is_err(), "{bad}");
    }
    for good in ["ab", "acme", "a-1", "0x", &"a".repeat(63)] {
        assert!(Slug::parse(good).is_ok(), "{good}");
    }
}

#[test]
fn a_pattern_allows_what_it_says() {
    let png = ContentType::parse("image/PNG; q=1").unwrap();
    for (pattern, allowed) in
        [("*/*", true), ("image/*", true), ("image/png", true), ("image/jpeg", false), ("text/*", false)]
    {
        assert_eq!(ContentTypePattern::parse(pattern).unwrap().allows(&png), allowed, "{pattern}");
    }
    for bad in ["", "*", "*/png", "image", "image/p*g", "image/png; q=1", "im*/png"] {
        assert!(ContentTypePattern::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_domain_is_a_host_name_in_lower_case() {
    assert_eq!(EmailDomain::parse("Acme.Example").unwrap().as_str(), "acme.example");
    for bad in ["", "acme", "a..b", ".a.b", "-a.b", "a b.c", "a@b.c", &format!("{}.b", "a".repeat(64))] {
        assert!(EmailDomain::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn an_address_has_one_domain() {
    let long = format!("{}@acme.example", "é".repeat(241));
    for good in ["alice@acme.example", "ALICE@ACME.EXAMPLE", "a\u{0} b\r\n@Acme.Example", &long] {
        assert_eq!(EmailDomain::of_address(good).unwrap().as_str(), "acme.example", "{good:?}");
    }
    let longer = format!("é{long}");
    for bad in
        ["", "@", "acme.example", "@acme.example", "a@", "a@b@acme.example", "a@acme", "a@acme.example ", &longer]
    {
        assert!(EmailDomain::of_address(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_claim_value_is_exact_and_bounded() {
    assert!(ClaimValue::parse("Customer 1").is_ok());
    for bad in ["", " a", "a ", "a\u{0}", &"é".repeat(257)] {
        assert!(ClaimValue::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_tenant_admits_its_own_providers_people_and_native_ones_if_it_says_so() {
    let name = |text| ProviderName::parse(text).unwrap();
    let from = |text| Origin::Federated(name(text));
    for (provider, native_users, origin, enters) in [
        (Some("AcmeSSO"), false, from("AcmeSSO"), true),
        (Some("AcmeSSO"), true, from("AcmeSSO"), true),
        (Some("AcmeSSO"), true, from("GlobexSSO"), false),
        (Some("AcmeSSO"), true, from("acmesso"), false),
        (Some("AcmeSSO"), true, Origin::Unclear, false),
        (Some("AcmeSSO"), true, Origin::Native, true),
        (Some("AcmeSSO"), false, Origin::Native, false),
        (None, true, from("AcmeSSO"), false),
        (None, true, Origin::Unclear, false),
        (None, true, Origin::Native, true),
        (None, false, Origin::Native, false),
    ] {
        let tenant = Tenant { identity_provider: provider.map(name), native_users, ..tenant("acme") };
        assert_eq!(tenant.admits(&origin), enters, "{origin:?} {provider:?} {native_users}");
    }
}
