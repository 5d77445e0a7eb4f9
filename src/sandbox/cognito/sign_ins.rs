//! Which sign-ins are still good, and which refresh token speaks for each?

use uuid::Uuid;

use super::claims::Session;
use super::remembered::Remembered;

/// How long somebody stays signed in, as Cognito has it when nothing else is said: 30 days.
const LIFETIME_SECONDS: i64 = 30 * 24 * 3600;
const MOST: usize = 4096;

/// Every sign-in, and every refresh token of each.
#[derive(Debug)]
pub(super) struct SignIns {
    sessions: Remembered<Session>,
    refresh_tokens: Remembered<RefreshToken>,
}

struct RefreshToken {
    origin_jti: Uuid,
    /// Another has taken its place.
    is_rotated: bool,
}

/// Why a refresh token brings nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Nobody has it, or its sign-in is over.
    Unknown,
    /// It was rotated before. Its sign-in has been ended: one of its two holders must have stolen it.
    Reused,
}

impl SignIns {
    pub(super) fn new() -> Self {
        Self { sessions: Remembered::new(MOST), refresh_tokens: Remembered::new(MOST) }
    }

    /// Takes up a sign-in, and answers its refresh token.
    pub(super) fn begin(&mut self, session: Session) -> String {
        let expires_at = session.auth_time.saturating_add(LIFETIME_SECONDS);
        let token = RefreshToken { origin_jti: session.origin_jti, is_rotated: false };
        self.sessions.insert(session, expires_at);
        self.refresh_tokens.insert(token, expires_at)
    }

    /// The sign-in of a refresh token.
    pub(super) fn refresh(&mut self, token: &str, now: i64) -> Result<Session, Refused> {
        let RefreshToken { origin_jti, is_rotated } = self.refresh_tokens.get(token, now).ok_or(Refused::Unknown)?;
        let (origin_jti, is_rotated) = (*origin_jti, *is_rotated);
        let session = self.find(origin_jti, now).ok_or(Refused::Unknown)?;
        if is_rotated {
            self.end(origin_jti);
            return Err(Refused::Reused);
        }
        Ok(session)
    }

    /// The sign-in of a refresh token, and the token that takes its place for what is left of the time.
    pub(super) fn rotate(&mut self, token: &str, now: i64) -> Result<(Session, String), Refused> {
        let session = self.refresh(token, now)?;
        if let Some(token) = self.refresh_tokens.get(token, now) {
            token.is_rotated = true;
        }
        let successor = RefreshToken { origin_jti: session.origin_jti, is_rotated: false };
        let token = self.refresh_tokens.insert(successor, session.auth_time.saturating_add(LIFETIME_SECONDS));
        Ok((session, token))
    }

    /// The sign-in that a token names, if it is not over.
    pub(super) fn find(&self, origin_jti: Uuid, now: i64) -> Option<Session> {
        let is_current = |session: &&Session| session.auth_time.saturating_add(LIFETIME_SECONDS) > now;
        self.sessions.values().find(|session| session.origin_jti == origin_jti).filter(is_current).cloned()
    }

    /// Ends the sign-in of a refresh token, if there is one.
    pub(super) fn revoke(&mut self, token: &str, now: i64) {
        if let Some(origin_jti) = self.refresh_tokens.get(token, now).map(|token| token.origin_jti) {
            self.end(origin_jti);
        }
    }

    /// Ends one sign-in.
    pub(super) fn end(&mut self, origin_jti: Uuid) {
        self.sessions.retain(|session| session.origin_jti != origin_jti);
        self.refresh_tokens.retain(|token| token.origin_jti != origin_jti);
    }

    /// Ends every sign-in of a user.
    pub(super) fn end_all(&mut self, sub: Uuid) {
        self.sessions.retain(|session| session.sub != sub);
    }
}
