//! How is a large object cut into parts? S3's limits:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>

use super::{FileSize, Invalid};

/// The number of a part, 1 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartNumber(u16);

impl PartNumber {
    /// The most parts that an object may have.
    pub const MOST: i64 = 10_000;

    /// Takes 1 to 10,000.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(number: i64) -> Result<Self, Invalid> {
        match u16::try_from(number) {
            Ok(number @ 1..=10_000) => Ok(Self(number)),
            _ => Err(Invalid::rule("must be 1 to 10000")),
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// The sizes of the parts of an object whose size is known: all alike, but the last, which is what remains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartPlan {
    total: FileSize,
    part: i64,
}

impl PartPlan {
    /// The smallest part that is not the last, in bytes.
    pub const SMALLEST: i64 = 5 << 20;
    /// The largest part, in bytes.
    pub const LARGEST: i64 = FileSize::LARGEST_PUT;

    /// Parts of the wanted size, or of the smallest whole number of MiB that needs no more than 10,000 of them.
    #[must_use]
    pub fn new(total: FileSize, wanted: FileSize) -> Self {
        const MIB: i64 = 1 << 20;
        let needed = (total.bytes() as u64).div_ceil(Self::most_parts()).div_ceil(MIB as u64) as i64 * MIB;
        Self { total, part: wanted.bytes().max(needed).clamp(Self::SMALLEST, Self::LARGEST) }
    }

    /// A plan that is on record.
    ///
    /// # Errors
    /// When no object of that size can have parts of that size.
    pub fn recorded(total: FileSize, part: i64) -> Result<Self, Invalid> {
        let plan = Self { total, part };
        let possible = (Self::SMALLEST..=Self::LARGEST).contains(&part) && plan.count() <= Self::most_parts() as i64;
        if possible { Ok(plan) } else { Err(Invalid::rule("the recorded part size is impossible")) }
    }

    /// Bytes of each part but the last.
    #[must_use]
    pub const fn part_size(self) -> i64 {
        self.part
    }

    /// How many parts there are.
    #[must_use]
    pub const fn count(self) -> i64 {
        (self.total.bytes() + self.part - 1) / self.part
    }

    /// Bytes of that part; nothing when there is no such part.
    #[must_use]
    pub fn size_of(self, number: PartNumber) -> Option<i64> {
        let before = (i64::from(number.get()) - 1) * self.part;
        (before < self.total.bytes()).then(|| self.part.min(self.total.bytes() - before))
    }

    const fn most_parts() -> u64 {
        PartNumber::MOST as u64
    }
}

/// What S3 calls a multipart upload. Opaque: AWS's are letters, digits, `.`, `_` and `-`, other stores' may hold more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MultipartId(String);

impl MultipartId {
    /// Takes 1 to 1,024 visible ASCII characters.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if (1..=1024).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::rule("must be 1 to 1024 visible ASCII characters"))
        }
    }

    /// The text of the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A part as S3 holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPart {
    /// Its number.
    pub number: PartNumber,
    /// Its entity tag, with its quotes taken off.
    pub etag: String,
    /// Its bytes.
    pub size: i64,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn size(bytes: i64) -> FileSize {
        FileSize::parse(bytes).unwrap()
    }

    proptest! {
        #[test]
        fn the_parts_of_any_object_add_up_to_it_within_the_limits_of_s3(total in 1..=FileSize::LARGEST, wanted in 1..=FileSize::LARGEST) {
            let plan = PartPlan::new(size(total), size(wanted));
            let count = plan.count();
            prop_assert!((1..=10_000).contains(&count), "{count} parts");
            prop_assert!((PartPlan::SMALLEST..=PartPlan::LARGEST).contains(&plan.part_size()));
            let last = plan.size_of(PartNumber::parse(count).unwrap()).unwrap();
            prop_assert!(last > 0 && last <= plan.part_size());
            prop_assert_eq!((count - 1) * plan.part_size() + last, total);
            if let Ok(beyond) = PartNumber::parse(count + 1) {
                prop_assert_eq!(plan.size_of(beyond), None);
            }
            prop_assert_eq!(PartPlan::recorded(size(total), plan.part_size()), Ok(plan));
        }
    }

    #[test]
    fn the_largest_object_has_ten_thousand_parts_of_five_gib() {
        let plan = PartPlan::new(size(FileSize::LARGEST), size(16 << 20));
        assert_eq!((plan.count(), plan.part_size()), (10_000, 5 << 30));
    }

    #[test]
    fn the_name_of_a_multipart_upload_is_short_and_visible() {
        for right in ["a", "2~a/b+c=.-_", &"x".repeat(1024)] {
            assert_eq!(MultipartId::parse(right).unwrap().as_str(), right);
        }
        for wrong in ["", " ", "a b", "a\n", "a\u{7f}", "é", &"x".repeat(1025)] {
            assert!(MultipartId::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_part_number_is_1_to_10000() {
        for wrong in [i64::MIN, -1, 0, 10_001, 65_537, i64::MAX] {
            assert!(PartNumber::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(PartNumber::parse(10_000).unwrap().get(), 10_000);
    }
}
