//! What do the commands about the audit say and do? Progress goes to standard error, and only to people.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use time::format_description::well_known::Rfc3339;
use upload_gateway::adapters::postgres::audit_listing::Filter;
use upload_gateway::app::{self, ExportOptions, KnownAnchors};
use upload_gateway::config::Config;
use upload_gateway::domain::audit_proof::Proof;
use upload_gateway::model::Clock;

use super::Audit;

/// # Errors
/// When the audit cannot be read, or is not what was written.
pub(crate) async fn run(command: Audit) -> anyhow::Result<()> {
    match command {
        Audit::Verify { source, json, anchors, anchor_key } => {
            let config = Config::load(source.config.as_deref())?;
            let bar = ProgressBar::new(0)
                .with_style(ProgressStyle::with_template("{bar:40} {pos} of {len} links, {eta} to go")?);
            let known = KnownAnchors { directory: anchors, key: anchor_key };
            let told = |read: i64, all: i64| {
                bar.set_length(u64::try_from(all).unwrap_or_default());
                bar.set_position(u64::try_from(read).unwrap_or_default());
            };
            let proof = app::verify_audit(&config, Clock::system(), known, told).await?;
            bar.finish_and_clear();
            crate::say(&if json { serde_json::to_string_pretty(&proof)? } else { told_of(&proof) });
            anyhow::ensure!(proof.holds(), "the audit is not what was written");
            Ok(())
        }
        Audit::Export { source, format, output, tenant, subject, action, from, until } => {
            let config = Config::load(source.config.as_deref())?;
            let file: Box<dyn Write> = match &output {
                Some(path) => {
                    let file = OpenOptions::new().write(true).create_new(true).open(path);
                    Box::new(file.with_context(|| format!("{} cannot be made", path.display()))?)
                }
                None => Box::new(io::stdout()),
            };
            let bar = ProgressBar::new_spinner()
                .with_style(ProgressStyle::with_template("{spinner} {pos} events, {per_sec}")?);
            let filter = Filter { subject, action, upload: None, from, until, before: None };
            let options = ExportOptions { tenant, filter, format: format.into() };
            let told = |count: usize| bar.inc(u64::try_from(count).unwrap_or_default());
            let exported = app::export_audit(&config, Clock::system(), options, BufWriter::new(file), told).await;
            bar.finish_and_clear();
            if let (Err(_), Some(path)) = (&exported, &output) {
                // Nobody is to take a part for the whole.
                std::fs::remove_file(path)?;
            }
            Ok(exported?)
        }
    }
}

fn told_of(proof: &Proof) -> String {
    let Proof { events, edge, links, chains, anchors, unchained, dropped_until, faults } = proof;
    let mut text = if proof.holds() {
        format!("{events} events are what was written, in {links} links of {chains} chains, against {anchors} anchors.")
    } else {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        format!(
            "{}\n\n{events} events were read, in {links} links of {chains} chains, against {anchors} anchors.",
            lines.join("\n")
        )
    };
    if *edge > 0 {
        text += &format!("\n{edge} of them are in links of which a part was dropped.");
    }
    if *unchained > 0 {
        text += &format!("\nNothing is known of {unchained} events from before there were chains.");
    }
    if let Some(until) = dropped_until.and_then(|until| until.format(&Rfc3339).ok()) {
        text += &format!("\nWhat came before {until} was dropped.");
    }
    text
}
