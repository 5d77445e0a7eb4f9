//! Until when does a certificate hold? It is written in DER (X.690), in the order of RFC 5280, section 4.1.

use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
/// `[0]`, before the serial number, unless the certificate is of version 1.
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The certificate's `notAfter`; none when its bytes are in another order.
pub(super) fn not_after(mut certificate: &[u8]) -> Option<OffsetDateTime> {
    let mut certificate = take(&mut certificate, SEQUENCE)?;
    let mut signed = take(&mut certificate, SEQUENCE)?;
    if signed.first() == Some(&VERSION) {
        take(&mut signed, VERSION)?;
    }
    let _serial_number = take(&mut signed, INTEGER)?;
    let _algorithm = take(&mut signed, SEQUENCE)?;
    let _issuer = take(&mut signed, SEQUENCE)?;
    let mut validity = take(&mut signed, SEQUENCE)?;
    let _not_before = take_time(&mut validity)?;
    take_time(&mut validity)
}

/// The content of the first element, which must have this tag. The input goes on behind it.
fn take<'a>(input: &mut &'a [u8], expected: u8) -> Option<&'a [u8]> {
    let (tag, rest) = input.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0x00..=0x7f => (usize::from(*first), rest),
        // The lower bits count the bytes of the length. Four are 4 GiB.
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    *input = rest;
    (*tag == expected).then_some(content)
}

/// Both forms are in UTC and to the second (RFC 5280, section 4.1.2.5).
fn take_time(input: &mut &[u8]) -> Option<OffsetDateTime> {
    let text = match *input.first()? {
        UTC_TIME => {
            let text = std::str::from_utf8(take(input, UTC_TIME)?).ok()?;
            let century = if text.get(..2)? < "50" { "20" } else { "19" };
            format!("{century}{text}")
        }
        _ => std::str::from_utf8(take(input, GENERALIZED_TIME)?).ok()?.to_owned(),
    };
    let format = format_description!("[year][month][day][hour][minute][second]Z");
    PrimitiveDateTime::parse(&text, format).ok().map(PrimitiveDateTime::assume_utc)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, KeyPair};
    use time::macros::datetime;

    use super::*;

    fn certificate(until: OffsetDateTime) -> Vec<u8> {
        let mut parameters = CertificateParams::new(vec!["uploads.example".to_owned()]).unwrap();
        (parameters.not_before, parameters.not_after) = (datetime!(1999-12-31 23:59:59 UTC), until);
        let key = KeyPair::generate().unwrap();
        parameters.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn it_holds_until_it_says() {
        // From 2050 on, a time is written in the other form.
        for until in [
            datetime!(1999-12-31 23:59:59 UTC),
            datetime!(2026-11-21 12:34:56 UTC),
            datetime!(2049-12-31 23:59:59 UTC),
            datetime!(2050-01-01 00:00:00 UTC),
            datetime!(9999-12-31 23:59:59 UTC),
        ] {
            assert_eq!(not_after(&certificate(until)), Some(until));
        }
    }

    #[test]
    fn a_part_of_a_certificate_holds_until_no_time() {
        let whole = certificate(datetime!(2026-11-21 12:34:56 UTC));
        for length in 0..whole.len() {
            assert_eq!(not_after(&whole[..length]), None, "{length}");
        }
    }

    proptest! {
        #[test]
        fn bytes_of_any_kind_are_looked_at_without_harm(bytes: Vec<u8>, at in 0_usize..300, byte: u8) {
            not_after(&bytes);
            let mut changed = certificate(datetime!(2026-11-21 12:34:56 UTC));
            changed[at] = byte;
            not_after(&changed);
        }
    }
}
