//! What makes a slug, a domain or a pattern right or wrong?

use time::macros::datetime;

use super::*;

/// A tenant of that slug that allows everything.
pub(crate) fn tenant(slug: &str) -> Tenant {
    Tenant {
        id: TenantId::new(datetime!(2026-01-01 0:00 UTC)),
        slug: Slug::parse(slug).unwrap(),
        name: TenantName::parse(slug).unwrap(),
        status: TenantStatus::Active,
        claim_values: vec![],
        email_domains: vec![],
        identity_provider: None,
        limits: Limits {
            max_upload_bytes: FileSize::parse(1 << 30).unwrap(),
            allowed_content_types: vec![ContentTypePattern::parse("*/*").unwrap()],
            monthly_bytes: None,
            requests_per_minute: None,
        },
        isolation: Isolation::Tenant,
        credential_vending: false,
        credential_reading: false,
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
fn a_claim_value_is_exact_and_bounded() {
    assert!(ClaimValue::parse("Customer 1").is_ok());
    for bad in ["", " a", "a ", "a\u{0}", &"é".repeat(257)] {
        assert!(ClaimValue::parse(bad).is_err(), "{bad:?}");
    }
}
