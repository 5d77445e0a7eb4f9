//! Are tenants apart? A session of one tries to write, to list and to abort below the prefix of another, which must be refused:
//! with all walls up, and by the role alone.
//!
//! Whether it may read or delete there cannot be told without an object of the other's, and so is not: a refusal says that there
//! is none, or that it may not. What keeps the session from its own prefix too is no wall between tenants, so that is tried first.

use super::probe::{OTHER, PROBE, Probe};
use super::{Finding, Neighbours};
use crate::adapters::s3::{ObjectError, Tried, Written};
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
    let by_tag = "The role must reach ${aws:PrincipalTag/customerName}/* and nothing else of the bucket, with the slash, and may list \
                  it alone (a condition on s3:prefix); and the store must know session tags. Until then the gateway's session policy is the only wall at the store.";
    let mut findings =
        vec![knock(neighbours, whole, (&own, &other), "the session policy and the role", with_policy).await];
    findings.push(match neighbours.assumer.attempt(Trial::TagAlone(&own.slug)).await {
        Ok(tagged) => knock(neighbours, &tagged, (&own, &other), "the role alone", by_tag).await,
        Err(error) => Finding::unknown(CHECK, format!("the role alone could not be tried: {error}"), advice),
    });
    findings
}

/// A session that reaches its own prefix tries another's, in each way that can be tried.
async fn knock(
    neighbours: &Neighbours,
    session: &TemporaryCredentials,
    (own, other): (&Probe, &Probe),
    wall: &str,
    advice: &str,
) -> Finding {
    // Else a role that reaches nothing would pass for a wall.
    let own_look = Box::pin(neighbours.objects.head(session, &own.key)).await;
    if let Err(error @ (ObjectError::Unavailable(_) | ObjectError::Refused(_))) = own_look {
        let seen = format!("the session that should try {wall} does not reach its own prefix: {error}");
        return Finding::unknown(CHECK, seen, "Look at `bucket` first.");
    }
    let (writing, left) = Box::pin(write(neighbours, session, own, other)).await;
    let listing = Box::pin(neighbours.objects.try_list(session, &format!("{OTHER}/"))).await;
    let aborting = Box::pin(abort(neighbours, session, own, other)).await;
    let finding = told([("write", writing), ("list", listing), ("abort", aborting)], wall, advice);
    Finding { seen: left.into_iter().fold(finding.seen, |seen, left| format!("{seen}; {left}")), ..finding }
}

/// What the answers come to: one way through is enough, and all must be shut.
fn told(tried: [(&str, Tried); 3], wall: &str, advice: &str) -> Finding {
    let (mut open, mut unclear) = (Vec::new(), Vec::new());
    for (what, tried) in tried {
        match tried {
            Tried::Forbidden => {}
            Tried::Allowed => open.push(what),
            Tried::Unclear(said) => unclear.push(format!("to {what}: {said}")),
        }
    }
    if !open.is_empty() {
        let seen = format!("{wall} let `{PROBE}` {} below `{OTHER}`'s prefix", open.join(" and "));
        return Finding::failed(CHECK, seen, advice);
    }
    if !unclear.is_empty() {
        let seen = format!("{wall} could not be tried ({})", unclear.join("; "));
        return Finding::unknown(CHECK, seen, "Look at `bucket` first.");
    }
    let seen = format!("{wall} kept `{PROBE}` from writing, listing and aborting below `{OTHER}`'s prefix");
    Finding::ok(CHECK, seen)
}

/// Whether the session may write there, and what became of what it wrote.
async fn write(
    neighbours: &Neighbours,
    session: &TemporaryCredentials,
    own: &Probe,
    other: &Probe,
) -> (Tried, Vec<String>) {
    let mut left = Vec::new();
    let at_home = Box::pin(neighbours.objects.try_broken_write(session, &own.key)).await;
    if at_home == Written::Stored {
        left.extend(remove(neighbours, session, own).await.err());
    }
    // Else whatever keeps the session from writing anywhere would pass for a wall.
    match at_home {
        Written::Broken | Written::Stored => {}
        Written::Forbidden => return (Tried::Unclear("it may not write below its own prefix".to_owned()), left),
        Written::Unclear(said) => return (Tried::Unclear(said), left),
    }
    let broken = Box::pin(neighbours.objects.try_broken_write(session, &other.key)).await;
    let whole = match &broken {
        Written::Broken => Some(Box::pin(neighbours.objects.try_write(session, &other.key)).await),
        Written::Forbidden | Written::Stored | Written::Unclear(_) => None,
    };
    let tried = of_writes(broken, whole);
    if tried == Tried::Allowed {
        let removed = remove(neighbours, session, other).await;
        left.push(removed.err().unwrap_or_else(|| "the object is removed again".to_owned()));
    }
    (tried, left)
}

/// What two answers say of a wall: to what no store takes, and, where that came as far as its digest, to what it takes.
fn of_writes(broken: Written, whole: Option<Written>) -> Tried {
    match (broken, whole) {
        (Written::Forbidden, _) => Tried::Forbidden,
        (Written::Stored, _) | (_, Some(Written::Stored)) => Tried::Allowed,
        (Written::Broken, Some(Written::Forbidden)) => Tried::Unclear(
            "what was broken was looked at, and what was whole refused: the store may look at digests first, or the KMS key \
             may have been all that was in the way"
                .to_owned(),
        ),
        (Written::Unclear(said), _) | (_, Some(Written::Unclear(said))) => Tried::Unclear(said),
        (Written::Broken, Some(Written::Broken) | None) => Tried::Unclear("what was sent did not arrive whole".to_owned()),
    }
}

async fn abort(neighbours: &Neighbours, session: &TemporaryCredentials, own: &Probe, other: &Probe) -> Tried {
    let there = Box::pin(neighbours.objects.try_abort(session, &other.key)).await;
    if there != Tried::Forbidden {
        return there;
    }
    match Box::pin(neighbours.objects.try_abort(session, &own.key)).await {
        Tried::Allowed => Tried::Forbidden,
        Tried::Forbidden => Tried::Unclear("it may not abort below its own prefix".to_owned()),
        Tried::Unclear(said) => Tried::Unclear(said),
    }
}

async fn remove(neighbours: &Neighbours, session: &TemporaryCredentials, probe: &Probe) -> Result<(), String> {
    let removed = Box::pin(neighbours.objects.delete(session, &probe.key)).await;
    removed.map_err(|error| format!("the object {} could not be removed again: {error}", probe.key.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Outcome;

    #[test]
    fn a_refusal_that_may_not_be_the_walls_is_no_wall() {
        let unclear = || Written::Unclear("503".to_owned());
        assert_eq!(of_writes(Written::Forbidden, None), Tried::Forbidden);
        assert_eq!(of_writes(Written::Stored, None), Tried::Allowed);
        assert_eq!(of_writes(Written::Broken, Some(Written::Stored)), Tried::Allowed);
        for (broken, whole) in [
            (Written::Broken, Some(Written::Forbidden)),
            (Written::Broken, Some(Written::Broken)),
            (Written::Broken, Some(unclear())),
            (unclear(), None),
        ] {
            let tried = of_writes(broken.clone(), whole.clone());
            assert!(matches!(tried, Tried::Unclear(_)), "{broken:?} {whole:?}: {tried:?}");
        }
    }

    #[test]
    fn one_way_through_is_enough_and_all_must_be_shut() {
        use Tried::{Allowed, Forbidden};
        let unclear = || Tried::Unclear("503".to_owned());
        let outcome = |[write, list, abort]: [Tried; 3]| {
            let finding = told([("write", write), ("list", list), ("abort", abort)], "the role alone", "Mend it.");
            (finding.outcome, finding.seen)
        };
        assert_eq!(outcome([Forbidden, Forbidden, Forbidden]).0, Outcome::Ok);
        assert_eq!(outcome([Forbidden, unclear(), Forbidden]).0, Outcome::Unknown);
        let (failed, seen) = outcome([unclear(), Allowed, Allowed]);
        assert_eq!(failed, Outcome::Failed);
        assert_eq!(
            seen,
            "the role alone let `upload-gateway-doctor` list and abort below `upload-gateway-doctor-other`'s prefix"
        );
    }
}
