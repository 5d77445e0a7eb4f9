//! What makes a file name, a media type, a size or a checksum right or wrong?

use super::*;

#[test]
fn a_file_name_of_any_script_is_kept_as_written() {
    for name in ["photo.jpg", "写真.jpeg", "صورة.png", "🦀.rs", "a b.txt", ".env", &"é".repeat(255)] {
        assert_eq!(FileName::parse(name).unwrap().as_str(), name);
    }
    for bad in ["", "a/b", "a\\b", "a\nb", "a\u{7f}", "\u{0}", &"a".repeat(256)] {
        assert!(FileName::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn the_safe_name_keeps_the_extension_and_loses_the_rest() {
    let long = "a".repeat(200) + ".jpg";
    for (name, safe) in [
        ("photo.jpg", "photo.jpg"),
        ("my photo (1).JPG", "my_photo_1.JPG"),
        ("写真.jpeg", "file.jpeg"),
        ("....etcpasswd", "file.etcpasswd"),
        ("..", "file"),
        (".env", "env"),
        ("a.tar.gz", "a.tar.gz"),
        ("🦀", "file"),
        (long.as_str(), &("a".repeat(96) + ".jpg")),
    ] {
        assert_eq!(FileName::parse(name).unwrap().safe(), safe, "{name}");
    }
}

#[test]
fn a_media_type_is_one_of_rfc_9110() {
    for good in ["image/jpeg", "text/plain; charset=utf-8", "application/vnd.api+json", "a/b;c=\"d e\""] {
        assert!(ContentType::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "image",
        "image/",
        "/jpeg",
        "image/jpeg;",
        "a/b; c",
        "a b/c",
        "a/b\r\nx: y",
        "é/b",
        " a/b",
        "a/b;c=\"d\"e\"",
    ] {
        assert!(ContentType::parse(bad).is_err(), "{bad}");
    }
    assert!(ContentType::parse(&format!("a/{}", "b".repeat(254))).is_err());
}

#[test]
fn a_size_has_both_bounds() {
    assert!(FileSize::parse(0).is_err());
    assert!(FileSize::parse(-1).is_err());
    assert!(FileSize::parse(FileSize::LARGEST + 1).is_err());
    assert_eq!(FileSize::parse(FileSize::LARGEST).unwrap().bytes(), FileSize::LARGEST);
}

#[test]
fn a_checksum_has_the_length_of_its_algorithm() {
    let sha = STANDARD.encode([0u8; 32]);
    assert!(Checksum::parse(ChecksumAlgorithm::Sha256, &sha).is_ok());
    assert!(Checksum::parse(ChecksumAlgorithm::Crc32c, &sha).is_err());
    assert!(Checksum::parse(ChecksumAlgorithm::Sha256, "not base64").is_err());
}

#[test]
fn metadata_is_bounded() {
    let entry = |k: &str, v: &str| BTreeMap::from([(k.to_owned(), v.to_owned())]);
    assert!(Metadata::parse(entry("k", &"v".repeat(2047))).is_ok());
    assert!(Metadata::parse(entry("k", &"v".repeat(2048))).is_err());
    assert!(Metadata::parse(entry("", "v")).is_err());
    assert!(Metadata::parse(entry("k", "\0")).is_err());
}

#[test]
fn a_collection_is_one_plain_segment() {
    for bad in ["", ".", "..", "-a", "a/b", "a b", &"a".repeat(65)] {
        assert!(Collection::parse(bad).is_err(), "{bad}");
    }
    assert!(Collection::parse("2026.q1_in-voices").is_ok());
}
