//! Calls one tool by its name, and prints the evidence as JSON: `tool NAME ARGUMENTS NOW`.
//!
//! ARGUMENTS are the tool's, as JSON. The incident's window is the hour before NOW (RFC 3339). Account, region and endpoint are the SDK's own
//! business: `AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_ACCESS_KEY_ID` and the like.

use std::error::Error;
use std::io::Write;

use aws_config::BehaviorVersion;
use jiff::{SignedDuration, Timestamp};
use marple_agent::ports::{PlannedCall, Toolbox};
use marple_aws::AwsToolbox;
use marple_case::{Evidence, EvidenceId, Scope, Window};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let mut word = |name: &str| words.next().ok_or_else(|| format!("{name} is missing: tool NAME ARGUMENTS NOW"));
    let call = PlannedCall { tool: word("NAME")?, arguments: serde_json::from_str(&word("ARGUMENTS")?)? };
    let now: Timestamp = word("NOW")?.parse()?;
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12()).load().await;
    let region = config.region().ok_or("AWS_REGION is not set")?.to_string();
    let toolbox = AwsToolbox::new(&config).with_marker_key([0; 32]);
    let scope = scope(region, now);
    let call = toolbox.normalise(&call, &scope)?;
    let taken = toolbox.run(&call, &scope).await;
    let evidence = Evidence {
        id: EvidenceId(1),
        tool: call.tool,
        arguments: taken.arguments,
        outcome: taken.outcome,
        facts: taken.facts,
        text: taken.text,
        shown: taken.shown,
        command: taken.command,
        unread: taken.unread,
        taken_at: now,
        elapsed_ms: 0,
    };
    std::io::stdout().write_all(&serde_json::to_vec_pretty(&evidence)?)?;
    Ok(())
}

fn scope(region: String, now: Timestamp) -> Scope {
    let window = Window { start: now.checked_sub(SignedDuration::from_hours(1)).unwrap_or(now), end: now };
    Scope {
        account: None,
        region,
        now,
        alarm: None,
        subjects: Vec::new(),
        window,
        baseline: window.earlier_by(SignedDuration::from_hours(24)),
        period_s: 60,
        first_breach: None,
        recovered_at: None,
        notes: Vec::new(),
    }
}
