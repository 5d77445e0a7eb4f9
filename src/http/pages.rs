//! What does the gateway tell of itself, to anybody? Made once, when it starts.

use super::asset::Asset;
use super::{docs, openapi};

/// The contract, for machines and for people.
pub struct Pages {
    /// `/openapi.json`
    pub(super) contract: Asset,
    /// `/docs`
    pub(super) docs: Asset,
    /// What makes `/docs` pleasant to read.
    pub(super) style: Asset,
}

impl Pages {
    /// Writes them.
    ///
    /// # Errors
    /// When the contract cannot be written as JSON.
    pub fn new() -> Result<Self, serde_json::Error> {
        let document = openapi::document();
        let page = docs::render(&serde_json::to_value(&document)?);
        Ok(Self {
            contract: Asset::new("application/json", openapi::text(&document)?),
            docs: Asset::new("text/html; charset=utf-8", page).page(docs::POLICY),
            style: Asset::new("text/css; charset=utf-8", docs::STYLE.to_owned()),
        })
    }
}
