//! Is Trace Context read as its specification says? The names of the cases are those of the W3C's own test suite where it has one.

use proptest::prelude::*;

use super::*;

const TRACE: &str = "12345678901234567890123456789012";
const SPAN: &str = "1234567890123456";

fn parent(text: &str) -> Option<String> {
    TraceParent::parse(text).ok().map(|parent| parent.to_string())
}

#[test]
fn a_good_parent_is_written_as_it_was_read() {
    for flags in ["00", "01"] {
        let text = format!("00-{TRACE}-{SPAN}-{flags}");
        assert_eq!(parent(&text), Some(text));
    }
}

#[test]
fn of_the_flags_no_more_is_known_than_whether_it_is_sampled() {
    for (given, written) in [("02", "00"), ("03", "01"), ("fe", "00"), ("ff", "01")] {
        assert_eq!(parent(&format!("00-{TRACE}-{SPAN}-{given}")), Some(format!("00-{TRACE}-{SPAN}-{written}")));
    }
}

#[test]
fn a_later_version_may_have_more_behind_and_is_passed_on_as_ours() {
    let ours = format!("00-{TRACE}-{SPAN}-01");
    for later in ["01", "cc", "fe"] {
        for behind in ["", "-", "-what-the-future-will-be-like", "-ß"] {
            assert_eq!(parent(&format!("{later}-{TRACE}-{SPAN}-01{behind}")), Some(ours.clone()), "{later} {behind}");
        }
        for behind in [".what", "0", " "] {
            assert_eq!(parent(&format!("{later}-{TRACE}-{SPAN}-01{behind}")), None, "{later} {behind}");
        }
    }
}

#[test]
fn what_is_not_exactly_so_is_no_parent() {
    let zeroes = "0".repeat(32);
    for wrong in [
        String::new(),
        "00".to_owned(),
        format!("ff-{TRACE}-{SPAN}-01"),
        format!("00-{TRACE}-{SPAN}-01-what"),
        format!("00-{TRACE}-{SPAN}-01-"),
        format!("00-{TRACE}-{SPAN}-01."),
        format!("00-{zeroes}-{SPAN}-01"),
        format!("00-{TRACE}-0000000000000000-01"),
        format!("00-{}-{SPAN}-01", TRACE.replace('1', "A")),
        format!("00-{TRACE}-{}-01", SPAN.replace('1', "A")),
        format!("00-{TRACE}-{SPAN}-0A"),
        format!("0A-{TRACE}-{SPAN}-01"),
        format!("00-{}.-{SPAN}-01", &TRACE[1..]),
        format!("00-+{}-{SPAN}-01", &TRACE[1..]),
        format!("00-{TRACE}1-{}-01", &SPAN[1..]),
        format!("00-{}-{SPAN}1-01", &TRACE[1..]),
        format!("000-{TRACE}-{SPAN}-1"),
        format!("00-{TRACE}-{SPAN}-1"),
        format!("00-{TRACE}-{SPAN}-001"),
        format!("00-{TRACE}-{SPAN}"),
        format!("00_{TRACE}_{SPAN}_01"),
        format!(" 00-{TRACE}-{SPAN}-01"),
        format!("00-{TRACE}-{SPAN}-01 "),
        format!("00-{TRACE}-{SPAN}-ß"),
    ] {
        assert_eq!(parent(&wrong), None, "{wrong}");
    }
}

#[test]
fn a_state_is_kept_as_it_came() {
    let longest = format!("a={},b={}", "x".repeat(256), "y".repeat(251));
    assert_eq!(longest.len(), 512);
    let many = (0..32).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");
    for good in [
        "foo=1",
        "foo=1,bar=2",
        "foo=1 \t , \t bar=2, \t baz=3",
        "foo=1,,bar=2,",
        "0tenant@system=a b!",
        "a_-*/1=~",
        longest.as_str(),
        many.as_str(),
    ] {
        assert_eq!(TraceState::parse(good).as_ref().map(TraceState::as_str), Ok(good));
    }
}

#[test]
fn a_state_beyond_its_bounds_is_none() {
    let too_long = format!("a={},b={}", "x".repeat(256), "y".repeat(252));
    let too_many = (0..33).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");
    let (long_key, long_value) = (format!("{}=1", "k".repeat(257)), format!("k={}", "v".repeat(257)));
    let (long_tenant, long_system) = (format!("{}@s=1", "t".repeat(242)), format!("t@{}=1", "s".repeat(15)));
    for wrong in [
        "",
        ",",
        " , ",
        "foo",
        "foo=",
        "=1",
        "foo =1",
        "FOO=1",
        "1foo=1",
        "foo=1,foo=2",
        "foo=1,foo=1",
        "foo=1=2",
        "foo.bar=1",
        "foo@=1",
        "@foo=1",
        "foo@@bar=1",
        "foo@bar@baz=1",
        "foo@1bar=1",
        "foo=\u{7f}",
        "foo=ß",
        "foo=a\nb",
        &too_long,
        &too_many,
        &long_key,
        &long_value,
        &long_tenant,
        &long_system,
    ] {
        assert!(TraceState::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_share_of_the_traces_is_about_that_share_and_grows_with_it() {
    let ids: Vec<TraceId> = (0..4000).map(|_| TraceId::new(rand::random())).collect();
    let among = |share: f64| ids.iter().filter(|id| id.is_among(share)).count();
    assert_eq!((among(0.0), among(1.0)), (0, ids.len()));
    assert!((700..1300).contains(&among(0.25)), "{}", among(0.25));
    assert!(ids.iter().all(|id| !id.is_among(0.25) || id.is_among(0.5)), "who is among a quarter is among a half");
    assert!(TraceId::new(u128::MAX).is_among(1.0), "all means all");
}

#[test]
fn no_id_is_all_zeroes() {
    assert_ne!(TraceId::new(0).to_bytes(), [0; 16]);
    assert_ne!(SpanId::new(0).to_bytes(), [0; 8]);
}

proptest! {
    #[test]
    fn whatever_is_written_is_read_again(trace: u128, span: u64, sampled: bool) {
        let parent = TraceParent { trace: TraceId::new(trace), span: SpanId::new(span), sampled };
        prop_assert_eq!(TraceParent::parse(&parent.to_string()), Ok(parent));
    }

    #[test]
    fn no_text_makes_the_parsers_panic_or_take_what_is_no_header(text in "\\PC{0,80}") {
        let _any = TraceParent::parse(&text);
        if let Ok(state) = TraceState::parse(&text) {
            prop_assert!(state.as_str().bytes().all(|b| b == b'\t' || (b' '..=b'~').contains(&b)));
        }
    }

    #[test]
    fn a_parent_with_one_character_changed_is_another_parent_or_none(at in 0..55_usize, new in "[ -~]") {
        let text = format!("00-{TRACE}-{SPAN}-01");
        let mut changed = text.clone();
        changed.replace_range(at..=at, &new);
        if let Some(written) = parent(&changed) {
            prop_assert_eq!(written.len(), 55);
            prop_assert!(!changed.bytes().any(|b| b.is_ascii_uppercase()));
        }
    }
}
