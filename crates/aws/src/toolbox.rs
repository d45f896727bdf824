//! [`AwsToolbox`]: the port of the investigation, over the table of tools.

use std::sync::Arc;

use aws_types::SdkConfig;
use futures::future::{BoxFuture, FutureExt};
use jiff::Timestamp;
use marple_agent::ports::{PlannedCall, Refusal, ScopeError, Taken, Toolbox};
use marple_case::{Evidence, Facts, Outcome, Scope, ToolSpec, Trigger};
use marple_redact::Redactor;

use crate::{
    clients::Clients,
    hide::Hider,
    opening, scope,
    tool::{Context, Registered, TOOLS},
};

/// The tools that read one AWS account in one region.
#[derive(Debug)]
pub struct AwsToolbox {
    clients: Clients,
    specs: Vec<ToolSpec>,
    hider: Hider,
}

impl AwsToolbox {
    /// A toolbox over this configuration. No request is made.
    ///
    /// The configuration names the region, the credentials and, for a scenario, the HTTP client. Limits of time and retries
    /// are filled in where it has none.
    pub fn new(config: &SdkConfig) -> Self {
        let specs = TOOLS.iter().map(|tool| (tool.spec)()).collect();
        Self { clients: Clients::new(config), specs, hider: Hider::from(Redactor::random()) }
    }

    /// The same toolbox with a key for the markers of hidden credentials.
    #[must_use]
    pub fn with_marker_key(self, key: [u8; 32]) -> Self {
        self.with_redactor(Redactor::new(key))
    }

    /// The same toolbox with another redactor. Without one, the markers of hidden credentials are comparable within this toolbox only; under
    /// a fixed key they are the same on every run.
    #[must_use]
    pub fn with_redactor(self, redactor: Redactor) -> Self {
        Self { hider: Hider::from(redactor), ..self }
    }
}

fn registered(name: &str) -> Option<&'static Registered> {
    TOOLS.iter().find(|tool| tool.name == name)
}

fn unknown(tool: &str) -> Refusal {
    let known: Vec<&str> = TOOLS.iter().map(|tool| tool.name).collect();
    Refusal::UnknownTool { tool: tool.to_owned(), known: known.join(", ") }
}

impl Toolbox for AwsToolbox {
    fn tools(&self) -> &[ToolSpec] {
        &self.specs
    }

    fn scope<'a>(&'a self, trigger: &'a Trigger, now: Timestamp) -> BoxFuture<'a, Result<Scope, ScopeError>> {
        async move {
            let scope = scope::resolve(&self.clients, trigger, now).await?;
            Ok(self.hider.over(scope.clone()).unwrap_or(scope))
        }
        .boxed()
    }

    fn opening(&self, scope: &Scope, evidence: &[Arc<Evidence>]) -> Vec<PlannedCall> {
        let planned = opening::next_wave(scope, evidence);
        let normalised = planned.iter().filter_map(|call| self.normalise(call, scope).ok());
        let is_taken = |call: &PlannedCall| {
            evidence.iter().any(|taken| taken.tool == call.tool && taken.arguments == call.arguments)
        };
        let mut wave: Vec<PlannedCall> = Vec::new();
        for call in normalised.filter(|call| !is_taken(call)) {
            if !wave.contains(&call) {
                wave.push(call);
            }
        }
        wave
    }

    fn normalise(&self, call: &PlannedCall, scope: &Scope) -> Result<PlannedCall, Refusal> {
        let tool = registered(&call.tool).ok_or_else(|| unknown(&call.tool))?;
        let arguments = (tool.normalise)(&call.arguments, scope)?;
        Ok(PlannedCall { tool: call.tool.clone(), arguments })
    }

    fn redacted(&self, text: &str) -> String {
        self.hider.text(text)
    }

    fn run<'a>(&'a self, call: &'a PlannedCall, scope: &'a Scope) -> BoxFuture<'a, Taken> {
        let context = Context { clients: &self.clients, scope, hider: &self.hider };
        match registered(&call.tool) {
            Some(tool) => async move { self.hider.taken((tool.run)(&call.arguments, context).await) }.boxed(),
            None => {
                let message = unknown(&call.tool).to_string();
                let taken = Taken {
                    arguments: call.arguments.clone(),
                    outcome: Outcome::Failed { message: message.clone() },
                    facts: Facts::Nothing,
                    text: message,
                    shown: None,
                    command: String::new(),
                    unread: Vec::new(),
                };
                futures::future::ready(taken).boxed()
            }
        }
    }
}
