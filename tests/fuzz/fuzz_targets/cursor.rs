//! Is a cursor taken by the listing that made it, exactly as it was made, and by no other listing or tenant?
#![no_main]

use libfuzzer_sys::fuzz_target;
use upload_gateway::model::Collection;
use upload_gateway_fuzz::fields;
use upload_gateway_fuzz::listing::Listing;
use uuid::Uuid;

// Two listings, one a line, and what somebody says is a cursor, or the last name of a page.
fuzz_target!(|text: &str| {
    let [one, other, given] = fields(text);
    let (one, other) = (Listing::parse(one), Listing::parse(other));
    for listing in [&one, &other] {
        means_what_was_sealed(listing, given);
    }
    let mut id = [0; 16];
    id.iter_mut().zip(given.bytes()).for_each(|(place, byte)| *place = byte);
    let id = Uuid::from_bytes(id);
    let cursor = one.scope.after_id(id);
    assert_eq!(cursor.len(), 32);
    is_one(&cursor);
    assert_eq!(one.scope.id(&cursor).as_ref(), Ok(&id));
    let is_same = one.identity == other.identity;
    assert_eq!(other.scope.id(&cursor).is_ok(), is_same, "{} / {}", one.identity, other.identity);
    is_refused_when_changed(&one, &cursor);

    if let Ok(name) = Collection::parse(given) {
        let cursor = one.scope.after_name(name.as_str());
        is_one(&cursor);
        assert_eq!(one.scope.name(&cursor).as_deref(), Ok(name.as_str()));
        assert_eq!(other.scope.name(&cursor).is_ok(), is_same, "{} / {}", one.identity, other.identity);
        is_refused_when_changed(&one, &cursor);
    }
});

/// There is one text for each place in a listing.
fn means_what_was_sealed(listing: &Listing, given: &str) {
    if let Ok(id) = listing.scope.id(given) {
        assert_eq!(listing.scope.after_id(id), given);
    }
    if let Ok(name) = listing.scope.name(given) {
        assert_eq!(listing.scope.after_name(&name), given);
    }
}

/// As the contract says: 1 to 96 of base64url's letters.
fn is_one(cursor: &str) {
    assert!((1..=96).contains(&cursor.len()), "{cursor}");
    assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)), "{cursor}");
}

fn is_refused_when_changed(listing: &Listing, cursor: &str) {
    let refused = |text: &str| listing.scope.id(text).is_err() && listing.scope.name(text).is_err();
    let (front, last) = cursor.split_at(cursor.len() - 1);
    let next = if last == "A" { "B" } else { "A" };
    for changed in
        [front.to_owned(), format!("{front}{next}"), format!("{cursor}="), format!("{cursor}A"), format!(" {cursor}")]
    {
        assert!(refused(&changed), "{changed}");
    }
}
