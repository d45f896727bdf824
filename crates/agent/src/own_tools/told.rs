//! All tools as a model is told of them: one list for all investigations that have the same ones. Schemas are large, and a copy for each
//! of a thousand investigations would be most of their memory.

use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use marple_case::ToolSpec;

/// The lists that somebody holds.
static LISTS: Mutex<Vec<Weak<[ToolSpec]>>> = Mutex::new(Vec::new());
static OF_INVESTIGATION: LazyLock<Vec<ToolSpec>> = LazyLock::new(super::specs);
static OF_CHAT: LazyLock<Vec<ToolSpec>> = LazyLock::new(super::specs_of_chat);

/// A toolbox's tools and the own ones after them; with `answer` while a question is open.
pub(crate) fn tools(toolbox: &[ToolSpec], question: bool) -> Arc<[ToolSpec]> {
    let own = if question { &*OF_CHAT } else { &*OF_INVESTIGATION };
    let all = || toolbox.iter().chain(own);
    let mut lists = LISTS.lock().unwrap_or_else(PoisonError::into_inner);
    lists.retain(|list| list.strong_count() > 0);
    if let Some(known) = lists.iter().filter_map(Weak::upgrade).find(|known| known.iter().eq(all())) {
        return known;
    }
    let list: Arc<[ToolSpec]> = all().cloned().collect();
    lists.push(Arc::downgrade(&list));
    list
}
