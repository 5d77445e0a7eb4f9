//! Which lists of parts are put together?

use time::macros::datetime;

use super::*;
use crate::model::{
    Collection, ContentType, FileName, FileSize, Grant, GrantedSize, Metadata, ObjectKey, PartPlan, Subject,
    tests_tenant,
};

const MIB: i64 = 1 << 20;

fn upload(size: GrantedSize) -> Upload {
    let now = datetime!(2026-01-01 0:00 UTC);
    let (id, subject) = (UploadId::new(now), Subject::parse("alice").unwrap());
    let (collection, file_name) = (Collection::default(), FileName::parse("film.mp4").unwrap());
    let parts = size.exact().map(|size| PartPlan::new(size, FileSize::parse(5 * MIB).unwrap()));
    Upload {
        grant: Grant {
            id,
            key: ObjectKey::new(&tests_tenant("acme"), &subject, &collection, id, &file_name),
            subject,
            collection,
            file_name,
            content_type: ContentType::parse("video/mp4").unwrap(),
            size,
            checksum: None,
            metadata: Metadata::default(),
            method: Method::Multipart,
            parts,
        },
        status: UploadStatus::Pending,
        created_at: now,
        expires_at: now,
        completed_at: None,
        stored: None,
        multipart_id: Some("an-id".to_owned()),
        sequencer: None,
    }
}

fn exactly(bytes: i64) -> Upload {
    upload(GrantedSize::Exactly(FileSize::parse(bytes).unwrap()))
}

fn claims(numbers: &[i64]) -> Vec<PartClaim> {
    let claim =
        |number: &i64| PartClaim { number: PartNumber::parse(*number).unwrap(), etag: format!("\"e{number}\"") };
    numbers.iter().map(claim).collect()
}

fn stored(sizes: &[i64]) -> Vec<StoredPart> {
    let part = |(number, size): (i64, &i64)| StoredPart {
        number: PartNumber::parse(number).unwrap(),
        etag: format!("e{number}"),
        size: *size,
    };
    (1..).zip(sizes).map(part).collect()
}

fn rule(error: Error) -> String {
    let Error::NotAllowed(broken) = error else { panic!("{error}") };
    broken.iter().map(|(pointer, rule)| format!("{pointer} {rule}")).collect()
}

#[test]
fn parts_that_are_out_of_order_missing_or_too_many_are_named() {
    let twelve = exactly(12 * MIB);
    assert!(check_order(&twelve, &claims(&[1, 2, 3])).is_ok());
    for (numbers, fault) in [
        (&[1, 3, 2][..], "must be numbered 1, 2, 3 …: 3 stands where 2 belongs"),
        (&[2, 3], "2 stands where 1 belongs"),
        (&[1, 1, 2], "1 stands where 2 belongs"),
        (&[1, 2], "must be all 3 parts; 2 are given"),
        (&[], "must be all 3 parts; 0 are given"),
        (&[1, 2, 3, 4], "must be all 3 parts; 4 are given"),
    ] {
        let told = rule(check_order(&twelve, &claims(numbers)).unwrap_err());
        assert!(told.starts_with("/parts") && told.contains(fault), "{told}");
    }
}

#[test]
fn without_a_known_size_any_number_of_parts_will_do_but_none() {
    let unknown = upload(GrantedSize::AtMost(FileSize::parse(12 * MIB).unwrap()));
    assert!(check_order(&unknown, &claims(&[1])).is_ok());
    assert!(rule(check_order(&unknown, &[]).unwrap_err()).contains("at least one"));
    assert!(check_against_store(&unknown, &claims(&[1, 2]), stored(&[6 * MIB, 6 * MIB])).is_ok());
    let over = check_against_store(&unknown, &claims(&[1, 2]), stored(&[6 * MIB, 6 * MIB + 1])).unwrap_err();
    assert!(rule(over).contains("add up to 12582913 bytes where 1 to 12582912 were granted"));
}

#[test]
fn what_s3_holds_must_be_what_the_client_means_and_add_up() {
    let twelve = exactly(12 * MIB);
    let good = [5 * MIB, 5 * MIB, 2 * MIB];
    let claimed = claims(&[1, 2, 3]);
    let parts = check_against_store(&twelve, &claimed, stored(&good)).unwrap();
    assert_eq!(parts, stored(&good));
    let missing = check_against_store(&twelve, &claimed, stored(&good[..2])).unwrap_err();
    assert!(matches!(missing, Error::PartMissing(number) if number.get() == 3));
    let short = check_against_store(&twelve, &claimed, stored(&[5 * MIB, 5 * MIB, MIB])).unwrap_err();
    assert!(rule(short).contains("add up to 11534336 bytes where 12582912 to 12582912"));
    let mut other = claims(&[1, 2, 3]);
    other[1].etag = "another".to_owned();
    let told = rule(check_against_store(&twelve, &other, stored(&good)).unwrap_err());
    assert!(told.contains("another etag than S3 for part 2"), "{told}");
}
