//! Does AWS know the gateway, and do their clocks agree?

use time::Duration;

use super::{Finding, Neighbours};
use crate::adapters::LookError;
use crate::adapters::sts::Caller;

const CLOCK: &str = "clock";
const IDENTITY: &str = "identity";

/// As much as the clocks of a token's two sides may differ by default. An answer names whole seconds, and has travelled.
const TOLERABLE: Duration = Duration::seconds(30);
/// By more than that most services of AWS take no signature; S3 stands a quarter of an hour.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
const TOO_MUCH: Duration = Duration::minutes(5);

/// What AWS says of the gateway.
pub(super) struct Standing {
    /// Who it is to AWS, when that is known.
    pub(super) caller: Option<Caller>,
    /// How far its clock is ahead of AWS's, as far as that is known.
    pub(super) ahead: Duration,
}

/// How we stand with AWS, and what was found.
pub(super) async fn check(neighbours: &Neighbours) -> (Standing, Vec<Finding>) {
    let (caller, time_there) = neighbours.assumer.caller().await;
    let ahead = time_there.map(|time_there| neighbours.clock.now() - time_there);
    let clock = match ahead {
        Some(ahead) => skew(ahead),
        None => Finding::unknown(
            CLOCK,
            "STS gives no answer with a date",
            "Look at `identity`, and at this machine's clock.",
        ),
    };
    let identity = match &caller {
        Ok(caller) => Finding::ok(IDENTITY, format!("to AWS the gateway is {}", caller.arn)),
        Err(error @ (LookError::Denied(_) | LookError::Unknown(_))) => {
            Finding::unseen(IDENTITY, "sts:GetCallerIdentity", error)
        }
        Err(error @ (LookError::Missing(_) | LookError::Unavailable(_))) => Finding::failed(
            IDENTITY,
            format!("STS does not know the gateway: {error}"),
            "Look at the task's role, or at aws.access_key_id and aws.secret_access_key, and whether this machine may reach STS.",
        ),
    };
    (Standing { caller: caller.ok(), ahead: ahead.unwrap_or_default() }, vec![clock, identity])
}

fn skew(ahead: Duration) -> Finding {
    let way = if ahead.is_negative() { "behind" } else { "ahead of" };
    let seen = format!("this machine's clock is {} s {way} AWS's", ahead.whole_seconds().abs());
    let advice = "Have the machine's clock set by NTP (on AWS by 169.254.169.123). Signatures of a wrong clock are refused, and \
                  tokens count as expired or not yet good.";
    if ahead.abs() > TOO_MUCH {
        Finding::failed(CLOCK, seen, advice)
    } else if ahead.abs() > TOLERABLE {
        Finding::warning(CLOCK, seen, advice)
    } else {
        Finding::ok(CLOCK, "this machine's clock agrees with AWS's")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Outcome;

    #[test]
    fn the_clock_is_judged_in_both_directions() {
        for (seconds, outcome) in [
            (0, Outcome::Ok),
            (30, Outcome::Ok),
            (-30, Outcome::Ok),
            (31, Outcome::Warning),
            (-31, Outcome::Warning),
            (300, Outcome::Warning),
            (301, Outcome::Failed),
            (-301, Outcome::Failed),
        ] {
            assert_eq!(skew(Duration::seconds(seconds)).outcome, outcome, "{seconds}");
        }
        assert!(skew(Duration::seconds(-400)).seen.contains("400 s behind"));
    }
}
