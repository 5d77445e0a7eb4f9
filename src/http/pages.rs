//! What does the gateway tell of itself, to anybody? Made once.

use std::sync::OnceLock;

use super::asset::Asset;
use super::portal::Portal;
use super::problem::Problem;
use super::{docs, openapi};
use crate::config::Pool;

/// The contract, for machines and for people.
pub struct Pages {
    contract: OnceLock<Contract>,
    /// What makes `/docs` pleasant to read.
    pub(super) style: Asset,
    /// `/portal/`, where there is a place to sign in.
    pub(super) portal: Option<Portal>,
}

/// One document in two forms.
pub(super) struct Contract {
    /// `/openapi.json`
    pub(super) document: Asset,
    /// `/docs`
    pub(super) docs: Asset,
}

impl Pages {
    /// People sign in at these pools, and their files go to that bucket.
    #[must_use]
    pub fn new(pools: &[Pool], bucket: &str) -> Self {
        Self {
            contract: OnceLock::new(),
            style: Asset::new("text/css; charset=utf-8", docs::STYLE.to_owned()),
            portal: Portal::new(pools, bucket),
        }
    }

    /// Written when somebody asks for the first time: it is megabytes of memory, for which hardly anybody asks a gateway in production.
    pub(super) fn contract(&self) -> Result<&Contract, Problem> {
        if let Some(written) = self.contract.get() {
            return Ok(written);
        }
        let written = Contract::write().map_err(|_unwritable| Problem::internal())?;
        Ok(self.contract.get_or_init(|| written))
    }
}

impl Contract {
    fn write() -> Result<Self, serde_json::Error> {
        let document = openapi::document();
        let mut page = docs::render(&serde_json::to_value(&document)?);
        page.shrink_to_fit();
        Ok(Self {
            document: Asset::new("application/json", openapi::text(&document)?),
            docs: Asset::new("text/html; charset=utf-8", page).page(docs::POLICY),
        })
    }
}
