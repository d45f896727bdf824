//! A journal that lives as long as the evaluation's run.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use futures::future::{BoxFuture, FutureExt, ready};
use marple_agent::ports::{Journal, JournalError};
use marple_case::{Entry, InvestigationId};

/// Entries in memory, under the rules of every journal: in order, without holes, never overwritten.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    entries: Mutex<HashMap<InvestigationId, Vec<Entry>>>,
}

impl MemoryJournal {
    fn push(&self, id: &InvestigationId, entry: &Entry) -> Result<(), JournalError> {
        let mut all = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = all.entry(id.clone()).or_default();
        let next = entries.last().map_or(1, |last| last.number + 1);
        if entry.number != next {
            let message = format!("entry {} of investigation {id} is out of order: {next} comes next", entry.number);
            return Err(JournalError::Storage { message });
        }
        entries.push(entry.clone());
        Ok(())
    }
}

impl Journal for MemoryJournal {
    fn append<'a>(&'a self, id: &'a InvestigationId, entry: &'a Entry) -> BoxFuture<'a, Result<(), JournalError>> {
        ready(self.push(id, entry)).boxed()
    }

    fn entries<'a>(&'a self, id: &'a InvestigationId) -> BoxFuture<'a, Result<Vec<Entry>, JournalError>> {
        let all = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        ready(Ok(all.get(id).cloned().unwrap_or_default())).boxed()
    }
}
