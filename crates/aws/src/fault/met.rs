//! What went wrong during one call of a tool, whatever the tool makes of it.
//!
//! A tool asks AWS many things and goes on where a part cannot be read. Every request of a call runs in the call's own task, so
//! that a task-local list sees them all: [`watched`] gives the call's result together with what its requests met. A call of a tool
//! that spawned a task for a request would escape it; none does.

use std::cell::RefCell;

use marple_case::Outcome;

use super::Fault;

tokio::task_local! {
    static MET: RefCell<Vec<Fault>>;
}

/// The faults that a call's requests met after retries, in order, each once. What a service answers ("there is none") is no fault.
#[derive(Debug, Default)]
pub(crate) struct Met(Vec<Fault>);

/// Runs a call, and says what its requests met.
pub(crate) async fn watched<T>(call: impl Future<Output = T>) -> (T, Met) {
    MET.scope(RefCell::default(), async move {
        let result = call.await;
        (result, Met(MET.with(RefCell::take)))
    })
    .await
}

/// Keeps a fault for the call that runs. Outside of one (the scope of an investigation) there is nobody to tell.
pub(super) fn note(fault: &Fault) {
    if fault.is_unanswered() {
        let _ = MET.try_with(|met| {
            let mut met = met.borrow_mut();
            if !met.contains(fault) {
                met.push(fault.clone());
            }
        });
    }
}

impl Met {
    /// The first of them, a denial before all else: it tells most.
    pub(crate) fn worst(&self) -> Option<&Fault> {
        let denial = self.0.iter().find(|fault| matches!(fault, Fault::Denied { .. }));
        denial.or(self.0.first())
    }

    /// Those that a text does not speak of, a line each.
    pub(crate) fn untold(&self, text: &str) -> String {
        let untold = self.0.iter().filter(|fault| !fault.is_told_by(text));
        untold.map(|fault| format!("not read: {fault}\n")).collect()
    }

    /// As outcomes.
    pub(crate) fn outcomes(&self) -> Vec<Outcome> {
        self.0.iter().map(Fault::outcome).collect()
    }
}

impl Fault {
    fn is_told_by(&self, text: &str) -> bool {
        let action = match self {
            Self::Denied { action, .. } | Self::Refused { action, .. } | Self::Unreachable { action, .. } => action,
            Self::Credentials { message } => message,
        };
        text.contains(action)
    }
}
