//! What do the commands about a tenant's standing say?

use anyhow::Context as _;
use time::format_description::well_known::Rfc3339;
use upload_gateway::app::{self, Standing};
use upload_gateway::config::Config;
use upload_gateway::domain::tenants::revoke::Revocation;
use upload_gateway::domain::uploads::outstanding::Outstanding;
use upload_gateway::model::{Clock, Slug};

use super::Source;

/// # Errors
/// When the tenant's standing is not changed, or what was handed out is to be revoked and is not.
pub(crate) async fn change(source: Source, slug: Slug, standing: Standing) -> anyhow::Result<()> {
    let config = Config::load(source.config.as_deref())?;
    let told = Box::pin(app::change_standing(&config, Clock::system(), slug.clone(), standing)).await?;
    let Some((outstanding, revocation)) = told else {
        crate::say(&format!("{slug} is active: every replica serves its people within a second."));
        return Ok(());
    };
    crate::say(&format!("{slug} is suspended: no replica grants its people anything from a second later on."));
    let Outstanding { urls_until, credentials_until } = outstanding;
    let urls = urls_until.format(&Rfc3339).context("no time")?;
    let lives = match credentials_until.map(|until| until.format(&Rfc3339)).transpose().context("no time")? {
        Some(credentials) => {
            format!("URLs work until {urls} at the latest, temporary credentials until {credentials}.")
        }
        None => format!("URLs work until {urls} at the latest."),
    };
    match revocation {
        Revocation::Made => {
            crate::say("What was handed out is revoked: S3 refuses it some seconds from now on.");
            Ok(())
        }
        Revocation::NotAsked => {
            crate::say(&format!("{lives} --revoke-outstanding would end them now."));
            Ok(())
        }
        Revocation::NotPermitted => {
            anyhow::bail!("nothing was revoked, for lack of iam:PutRolePolicy on the upload role. {lives}")
        }
        Revocation::Failed => anyhow::bail!("nothing was revoked, because IAM did not do it; try again. {lives}"),
    }
}
