//! How do the document's descriptions, a little Markdown, and its examples become HTML?

use maud::{Markup, html};
use serde_json::Value;

/// Paragraphs, and in them `code`. Nothing else of Markdown is used in the contract.
pub(super) fn prose(description: &Value) -> Markup {
    let paragraphs = description.as_str().unwrap_or_default().split("\n\n").filter(|text| !text.trim().is_empty());
    html! { @for paragraph in paragraphs { p { (line(paragraph)) } } }
}

/// The same within a line: what stands between two backticks is code.
pub(super) fn line(text: &str) -> Markup {
    html! {
        @for (index, piece) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (piece) } } @else { (piece) }
        }
    }
}

/// An example, so that it can be copied.
pub(super) fn sample(example: &Value) -> Markup {
    let text = serde_json::to_string_pretty(example).unwrap_or_default();
    // What scrolls must be reachable without a mouse.
    html! { pre tabindex="0" { code { (text) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_becomes_markup() {
        assert_eq!(line("a <b> `<i>` & c").into_string(), "a &lt;b&gt; <code>&lt;i&gt;</code> &amp; c");
        assert_eq!(prose(&"one\n\ntwo".into()).into_string(), "<p>one</p><p>two</p>");
    }
}
