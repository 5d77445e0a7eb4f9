//! Which authorization codes are good, and for whom?

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::claims::Session;
use super::remembered::Remembered;

/// Cognito's codes are good for five minutes.
const LIFETIME_SECONDS: i64 = 300;
const MOST: usize = 1024;

/// What a code stands for: a sign-in that nobody has tokens of yet, and what its client must show.
#[derive(Clone)]
pub(super) struct Grant {
    pub(super) session: Session,
    pub(super) nonce: Option<String>,
    /// As the client wrote it.
    pub(super) redirect_uri: String,
    /// The SHA-256 of the verifier, in Base64 (RFC 7636), if the client sent one.
    pub(super) code_challenge: Option<String>,
}

/// Why a code brings nothing.
pub(super) enum Refused {
    /// Nobody has it, or it does not belong to this request. Whatever it stood for, it is spent.
    Invalid,
    /// It was used before, for this sign-in.
    Replayed(Session),
}

/// Every code, the used ones too, so that a replay is seen.
#[derive(Debug)]
pub(super) struct Codes(Remembered<(Grant, bool)>);

impl Codes {
    pub(super) fn new() -> Self {
        Self(Remembered::new(MOST))
    }

    /// A new code.
    pub(super) fn issue(&mut self, grant: Grant, now: i64) -> String {
        self.0.insert((grant, false), now.saturating_add(LIFETIME_SECONDS))
    }

    /// What a code stands for. Asking spends it, whatever the answer.
    pub(super) fn redeem(
        &mut self,
        code: &str,
        redirect_uri: &str,
        verifier: Option<&str>,
        now: i64,
    ) -> Result<Grant, Refused> {
        let (grant, is_used) = self.0.get(code, now).ok_or(Refused::Invalid)?;
        if std::mem::replace(is_used, true) {
            return Err(Refused::Replayed(grant.session.clone()));
        }
        if grant.redirect_uri == redirect_uri && grant.is_proven_by(verifier) {
            Ok(grant.clone())
        } else {
            Err(Refused::Invalid)
        }
    }
}

impl Grant {
    /// A verifier without a challenge is refused too: somebody may have taken the challenge away (RFC 9700, 4.8.2).
    fn is_proven_by(&self, verifier: Option<&str>) -> bool {
        match (&self.code_challenge, verifier) {
            (None, None) => true,
            (Some(challenge), Some(verifier)) => {
                let computed = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
                verify_slices_are_equal(computed.as_bytes(), challenge.as_bytes()).is_ok()
            }
            (None, Some(_)) | (Some(_), None) => false,
        }
    }
}
