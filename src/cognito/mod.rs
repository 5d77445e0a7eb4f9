//! What does a Cognito user pool have us decide? One Lambda function for all of its triggers, told apart by `triggerSource`.
//!
//! | source | decision |
//! |---|---|
//! | `PreAuthentication_Authentication` | count the attempt, or refuse it: the account is locked (`sign_in`, `domain/lockout`) |
//! | `PostAuthentication_Authentication`, `PostConfirmation_ConfirmForgotPassword` | forget the attempts |
//! | `TokenGeneration_…`, but `…_ClientCredentials` | tenant into the access token, admin scope out, provider held to its tenant (`tokens`) |
//! | `InboundFederation_…` | the provider's person gets the provider's tenant (`federation`) |
//! | `PreSignUp_ExternalProvider`, `PreSignUp_SignUp` | nobody comes in with a foreign or a chosen tenant (`sign_up`) |
//! | every other | none: it is answered as it came |
//!
//! Cognito sends an event and wants it back whole, with its answer in `response`; what nothing is decided about goes back as it came, byte
//! for byte. In an event that is changed, numbers are read as JSON readers commonly do: whole ones up to 64 bits stay exact. Of the
//! sources above, an event that lacks what the decision rests on is refused. A refusal is an error of the function: Cognito refuses
//! in turn and shows the error's text, which is why it says nothing.
//!
//! The log has one line for each event: `trigger.source`, `pool.id`, `client.id`, `user.sub`, and `outcome`, which is `passed`, `changed`,
//! `counted`, `refused`, `locked` or `outage`; with `reason` where there is one. Never an attribute, an address or a user's name.

mod event;
mod federation;
mod refusal;
mod sign_in;
mod sign_up;
mod tokens;

use std::error::Error;

use serde_json::value::{RawValue, to_raw_value};

use event::Event;
pub use refusal::{Refusal, StoreError};
use sign_in::Gate;

use crate::config::Triggers;
use crate::domain::lockout::Lockout;
use crate::model::Clock;

/// The longest event. Attributes are at most 50 of 2,048 characters; what a SAML provider sends may be more.
const LONGEST_EVENT: usize = 1 << 20;

/// The decisions of one user pool, or of several that share their settings.
#[derive(Debug, Clone)]
pub struct Handler {
    settings: Triggers,
    gate: Option<Gate>,
}

/// What becomes of an event that is not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    /// There was nothing to decide.
    Passed,
    /// The answer is in the event.
    Changed,
    /// An attempt was counted, or attempts were forgotten.
    Counted,
    /// The table of attempts does not answer, and that is borne.
    Outage,
}

impl Handler {
    /// With the machine's AWS configuration, for the table of attempts.
    #[must_use]
    pub fn new(settings: Triggers, shared: &aws_config::SdkConfig, clock: Clock) -> Self {
        let gate = settings.lockout.as_ref().map(|lockout| Gate {
            lockout: Lockout::new(shared, &lockout.table, lockout.policy),
            outage: lockout.outage,
            clock,
        });
        Self { settings, gate }
    }

    /// The event with our decision in it.
    ///
    /// # Errors
    /// When the decision is no.
    pub async fn answer(&self, text: &RawValue) -> Result<Box<RawValue>, Refusal> {
        let parsed = if text.get().len() > LONGEST_EVENT { Err(Refusal::TooLong) } else { Event::parse(text.get()) };
        let mut event = parsed.inspect_err(|refusal| log(&Event::default(), Err(refusal)))?;
        let decided = self.decide(&mut event).await;
        log(&event, decided.as_ref().copied());
        match decided? {
            Decision::Changed => to_raw_value(&event).map_err(|_unwritable| Refusal::Malformed("event")),
            Decision::Passed | Decision::Counted | Decision::Outage => Ok(text.to_owned()),
        }
    }

    async fn decide(&self, event: &mut Event) -> Result<Decision, Refusal> {
        let settings = &self.settings;
        match (event.source()?, &self.gate) {
            ("PreAuthentication_Authentication", Some(gate)) => gate.enter(event).await,
            ("PostAuthentication_Authentication" | "PostConfirmation_ConfirmForgotPassword", Some(gate)) => {
                gate.succeed(event).await
            }
            ("TokenGeneration_ClientCredentials", _) => Ok(Decision::Passed),
            (source, _) if source.starts_with("TokenGeneration_") => {
                tokens::customise(event, settings).map(|()| Decision::Changed)
            }
            (source, _) if source.starts_with("InboundFederation_") => {
                federation::bind(event, settings).map(|()| Decision::Changed)
            }
            ("PreSignUp_ExternalProvider", _) => sign_up::admit_federated(event, settings).map(|()| Decision::Passed),
            ("PreSignUp_SignUp", _) => sign_up::admit_native(event, settings).map(|()| Decision::Passed),
            _nothing_of_ours => Ok(Decision::Passed),
        }
    }
}

fn log(event: &Event, decided: Result<Decision, &Refusal>) {
    let (source, pool, client, subject) = event.names();
    macro_rules! line {
        ($level:ident, $outcome:expr, $message:literal $(, $reason:expr)?) => {
            tracing::$level!(
                trigger.source = source,
                pool.id = pool,
                client.id = client,
                user.sub = subject,
                outcome = $outcome,
                $(reason = $reason,)?
                $message
            )
        };
    }
    match decided {
        Ok(Decision::Passed) => line!(info, "passed", "nothing is changed"),
        Ok(Decision::Changed) => line!(info, "changed", "the event is answered"),
        Ok(Decision::Counted) => line!(info, "counted", "attempts are counted"),
        Ok(Decision::Outage) => line!(error, "outage", "attempts are not counted, and that is borne"),
        Err(Refusal::Locked) => line!(warn, "locked", "the account is locked"),
        Err(Refusal::Uncounted(error)) => {
            line!(error, "outage", "refused, because it cannot be counted", error as &dyn Error)
        }
        Err(refusal) => line!(warn, "refused", "refused", tracing::field::display(refusal)),
    }
}
