//! What does the gateway tell of itself, to anybody? Made once, when it starts.

use super::asset::Asset;
use super::portal::Portal;
use super::{docs, openapi};
use crate::config::Pool;

/// The contract, for machines and for people.
pub struct Pages {
    /// `/openapi.json`
    pub(super) contract: Asset,
    /// `/docs`
    pub(super) docs: Asset,
    /// What makes `/docs` pleasant to read.
    pub(super) style: Asset,
    /// `/portal/`, where there is a place to sign in.
    pub(super) portal: Option<Portal>,
}

impl Pages {
    /// Writes them. People sign in at these pools, and their files go to that bucket.
    ///
    /// # Errors
    /// When the contract cannot be written as JSON.
    pub fn new(pools: &[Pool], bucket: &str) -> Result<Self, serde_json::Error> {
        let document = openapi::document();
        let page = docs::render(&serde_json::to_value(&document)?);
        Ok(Self {
            contract: Asset::new("application/json", openapi::text(&document)?),
            docs: Asset::new("text/html; charset=utf-8", page).page(docs::POLICY),
            style: Asset::new("text/css; charset=utf-8", docs::STYLE.to_owned()),
            portal: Portal::new(pools, bucket),
        })
    }
}
