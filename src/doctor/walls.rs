//! Are tenants apart? A session of one tries to write below the prefix of another, which must be refused: with all walls
//! up, and by the role alone.

use super::probe::{OTHER, PROBE, Probe};
use super::{Finding, Neighbours};
use crate::adapters::s3::{ObjectError, Written};
use crate::adapters::sts::{TemporaryCredentials, Trial};

const CHECK: &str = "tenants apart";

/// `whole` is a session as the gateway's own are; without one nothing can be tried.
pub(super) async fn check(neighbours: &Neighbours, whole: Option<&TemporaryCredentials>) -> Vec<Finding> {
    let advice = "Look at `upload role` first.";
    let Some(whole) = whole else {
        return vec![Finding::unknown(CHECK, "there is no session that could try the walls", advice)];
    };
    let probes = Probe::of(neighbours, PROBE).and_then(|own| Ok((own, Probe::of(neighbours, OTHER)?)));
    let (own, other) = match probes {
        Ok(probes) => probes,
        Err(rule) => return vec![Finding::failed(CHECK, rule.to_string(), "This is a fault of the program.")],
    };
    let with_policy =
        "The session policy does not hold: this store does not enforce it. Do not let it serve two tenants.";
    let by_tag = "The role must reach ${aws:PrincipalTag/customerName}/* and nothing else of the bucket, with the slash; and the \
                  store must know session tags. Until then the gateway's session policy is the only wall at the store.";
    let mut findings =
        vec![knock(neighbours, whole, &own, &other, "the session policy and the role", with_policy).await];
    findings.push(match neighbours.assumer.attempt(Trial::TagAlone(&own.slug)).await {
        Ok(tagged) => knock(neighbours, &tagged, &own, &other, "the role alone", by_tag).await,
        Err(error) => Finding::unknown(CHECK, format!("the role alone could not be tried: {error}"), advice),
    });
    findings
}

/// A session that reaches its own prefix tries another's.
async fn knock(
    neighbours: &Neighbours,
    session: &TemporaryCredentials,
    own: &Probe,
    other: &Probe,
    wall: &str,
    advice: &str,
) -> Finding {
    // Else a role that reaches nothing would pass for a wall.
    let own_look = Box::pin(neighbours.objects.head(session, &own.key)).await;
    if let Err(error @ (ObjectError::Unavailable(_) | ObjectError::Refused(_))) = own_look {
        let seen = format!("the session that should try {wall} does not reach its own prefix: {error}");
        return Finding::unknown(CHECK, seen, "Look at `bucket` first.");
    }
    match Box::pin(neighbours.objects.try_write(session, &other.key)).await {
        Written::Forbidden => Finding::ok(CHECK, format!("{wall} kept `{PROBE}` out of `{OTHER}`'s prefix")),
        Written::Stored => {
            let removed = match Box::pin(neighbours.objects.delete(session, &other.key)).await {
                Ok(()) => "the object is removed again".to_owned(),
                Err(error) => format!("the object {} could not be removed again: {error}", other.key.as_str()),
            };
            let seen = format!("{wall} let `{PROBE}` write below `{OTHER}`'s prefix; {removed}");
            Finding::failed(CHECK, seen, advice)
        }
        Written::Broken => {
            let seen =
                format!("{wall} let `{PROBE}` as far as `{OTHER}`'s prefix, and what it sent did not arrive whole");
            Finding::failed(CHECK, seen, advice)
        }
        Written::Unclear(said) => {
            Finding::unknown(CHECK, format!("{wall} could not be tried: {said}"), "Look at `bucket` first.")
        }
    }
}
