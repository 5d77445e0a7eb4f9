//! Does a tenant get a session from STS, for as long as it should, and does nobody get one without a tenant's tag?

use super::caller::Standing;
use super::probe::{PROBE, Probe};
use super::{Finding, Neighbours};
use crate::adapters::s3::{ObjectError, Written};
use crate::adapters::sts::{AssumeRoleError, Caller, SHORTEST_SESSION, TemporaryCredentials, Trial};

const ROLE: &str = "upload role";
const LENGTH: &str = "session length";
const BUCKET: &str = "bucket";

/// STS counts from its own clock, and in whole seconds.
const ROUNDING: time::Duration = time::Duration::seconds(60);

/// A session as the gateway's own are, if there is one, and what was found.
pub(super) async fn check(
    neighbours: &Neighbours,
    standing: &Standing,
) -> (Option<TemporaryCredentials>, Vec<Finding>) {
    let probe = match Probe::of(neighbours, PROBE) {
        Ok(probe) => probe,
        Err(rule) => return (None, vec![Finding::failed(ROLE, rule.to_string(), "This is a fault of the program.")]),
    };
    let wanted = neighbours.config.upload.session_duration;
    let mut session = neighbours.assumer.attempt(Trial::Whole(&probe.slug, wanted)).await;
    let of_length = match &session {
        Ok(session) => Some(length(neighbours, session, standing)),
        Err(error) if error.is_of_duration() => {
            let finding = too_long(error, standing.caller.as_ref());
            // The rest can be seen with a shorter one.
            session = neighbours.assumer.attempt(Trial::Whole(&probe.slug, SHORTEST_SESSION)).await;
            Some(finding)
        }
        Err(_) => None,
    };
    let mut findings = Vec::new();
    let session = match session {
        Ok(session) => session,
        Err(error) => {
            let advice = "The role's trust policy must let the gateway's own identity do sts:AssumeRole and sts:TagSession, \
                          with upload.external_id if it asks for one.";
            findings.push(Finding::failed(ROLE, error.to_string(), advice));
            findings.extend(of_length);
            return (None, findings);
        }
    };
    findings.push(Finding::ok(ROLE, format!("STS gives a session with the tag and the policy of `{PROBE}`")));
    findings.extend(trust(neighbours, &probe).await);
    findings.extend(of_length);
    findings.push(bucket(neighbours, &session, &probe).await);
    (Some(session), findings)
}

/// What limits the length of a session of the upload role.
fn limit(caller: Option<&Caller>) -> &'static str {
    match caller {
        Some(caller) if caller.is_assumed_role() => {
            "the gateway is a role itself, and by role chaining a session lives 1 h at most"
        }
        Some(_) => "the gateway is no role itself, so that the upload role's own maximum counts",
        None => "the gateway's identity is unknown: as a role itself it would get 1 h at most, by role chaining",
    }
}

fn length(neighbours: &Neighbours, session: &TemporaryCredentials, standing: &Standing) -> Finding {
    let wanted = neighbours.config.upload.session_duration;
    // By the clock of whoever ends it.
    let life = session.expires_at - (neighbours.clock.now() - standing.ahead);
    let (asked, got) = (wanted.as_secs() / 60, life.whole_minutes());
    if life + ROUNDING < wanted {
        let advice = "Set upload.session_duration to what sessions get, or raise the role's maximum session duration.";
        return Finding::warning(LENGTH, format!("{asked} min are asked for, and {got} are given"), advice);
    }
    Finding::ok(LENGTH, format!("sessions live {asked} min; {}", limit(standing.caller.as_ref())))
}

fn too_long(error: &AssumeRoleError, caller: Option<&Caller>) -> Finding {
    let advice = if caller.is_some_and(Caller::is_assumed_role) {
        "Set upload.session_duration to 1h: no setting of AWS raises what role chaining allows."
    } else {
        "Set upload.session_duration to what the role allows, or raise its maximum session duration (max_session_duration)."
    };
    Finding::failed(LENGTH, format!("{error}; {}", limit(caller)), advice)
}

/// The sessions that nobody should get.
async fn trust(neighbours: &Neighbours, probe: &Probe) -> Vec<Finding> {
    let condition = r#"its trust policy must allow sts:AssumeRole and sts:TagSession only with "StringLike": {"aws:RequestTag/customerName": "?*"}"#;
    let keys = r#"Add "ForAllValues:StringEquals": {"aws:TagKeys": ["customerName", "subject"]} to its trust policy."#;
    let without =
        format!("Sessions would belong to no tenant, or to one that a tag of the role itself names: {condition}.");
    let empty = format!("Policies would speak of `BUCKET//*` or, without the slash, of everything: {condition}.");
    let mut findings = Vec::new();
    for (trial, what, advice, is_grave) in [
        (Trial::Untagged, "without a tenant's tag", without.as_str(), true),
        (Trial::EmptyTag, "with an empty tag", empty.as_str(), true),
        (Trial::ForeignTag(&probe.slug), "with a tag that is none of the gateway's", keys, false),
    ] {
        findings.push(match neighbours.assumer.attempt(trial).await {
            Ok(_) if is_grave => Finding::failed(ROLE, format!("STS gives a session {what}"), advice),
            Ok(_) => Finding::warning(ROLE, format!("STS gives a session {what}"), advice),
            Err(error) if error.is_denied() => Finding::ok(ROLE, format!("STS refuses a session {what}")),
            Err(error) => Finding::unknown(ROLE, format!("STS was asked for a session {what}: {error}"), advice),
        });
    }
    findings
}

/// Does the session reach what it must, to read and to write?
async fn bucket(neighbours: &Neighbours, session: &TemporaryCredentials, probe: &Probe) -> Finding {
    let look = Box::pin(neighbours.objects.head(session, &probe.key)).await;
    if let Err(error @ (ObjectError::Unavailable(_) | ObjectError::Refused(_))) = look {
        let advice = "Look at upload.bucket and aws.region, and whether the role allows s3:GetObject and s3:ListBucket below \
                      ${aws:PrincipalTag/customerName}/.";
        return Finding::failed(BUCKET, error.to_string(), advice);
    }
    match Box::pin(neighbours.objects.try_broken_write(session, &probe.key)).await {
        Written::Broken => Finding::ok(BUCKET, "the session may look and write below its own prefix"),
        Written::Stored => {
            // This store does not compare digests. What it took is not wanted.
            let removed = Box::pin(neighbours.objects.delete(session, &probe.key)).await;
            let left =
                removed.err().map(|error| format!("; {} could not be removed again: {error}", probe.key.as_str()));
            let seen = format!(
                "the session may write, and the store takes what is not what its digest says{}",
                left.unwrap_or_default()
            );
            Finding::warning(BUCKET, seen, "Uploads with a Content-MD5 are not checked by this store.")
        }
        Written::Forbidden => Finding::failed(
            BUCKET,
            "the session may look below its own prefix, and may not write there",
            "The role must allow s3:PutObject below ${aws:PrincipalTag/customerName}/, and the bucket's policy must not deny it.",
        ),
        Written::Unclear(said) => Finding::unknown(
            BUCKET,
            format!("whether the session may write below its own prefix is unclear: {said}"),
            "Try an upload.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_limits_a_session_is_told_from_who_asks() {
        let caller = |arn: &str| Caller { arn: arn.to_owned() };
        let task = caller("arn:aws:sts::123456789012:assumed-role/task/1");
        assert!(limit(Some(&task)).contains("by role chaining a session lives 1 h at most"));
        assert!(limit(Some(&caller("arn:aws:iam::123456789012:user/gateway"))).contains("own maximum"));
        assert!(limit(None).contains("unknown"));
    }
}
