//! What does S3 tell us of its own accord?

use std::cmp::Ordering;

use time::OffsetDateTime;

/// S3 says that an object was created. It says so at least once, in any order, and perhaps late.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectCreated {
    /// In which bucket.
    pub bucket: String,
    /// Under which key, decoded.
    pub key: String,
    /// Orders the events of one key.
    pub sequencer: Option<Sequencer>,
    /// When, by S3's clock, where it says so in a way that can be read.
    pub created_at: Option<OffsetDateTime>,
}

/// A hexadecimal number that grows with the events of one key. Events of different keys cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequencer(String);

impl Sequencer {
    /// Takes up to 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
        fits.then(|| Self(text.to_ascii_uppercase()))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn significant(&self) -> &str {
        self.0.trim_start_matches('0')
    }
}

impl Ord for Sequencer {
    fn cmp(&self, other: &Self) -> Ordering {
        let (ours, theirs) = (self.significant(), other.significant());
        ours.len().cmp(&theirs.len()).then_with(|| ours.cmp(theirs)).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Sequencer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequencers_are_numbers_and_not_texts() {
        let sequencer = |text| Sequencer::parse(text).unwrap();
        assert!(sequencer("0055AED6DCD90281E5") < sequencer("0055aed6dcd90281e6"));
        assert!(sequencer("9") < sequencer("10"));
        assert!(sequencer("00FF") < sequencer("0100"));
        assert!(Sequencer::parse("").is_none() && Sequencer::parse("xyz").is_none());
    }
}
