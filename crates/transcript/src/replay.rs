//! Models that answer as they did when they were recorded.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::stream::{self, BoxStream, StreamExt};
use marple_agent::ports::{Delta, Model, ModelError, Turn};
use marple_case::Block;

use crate::{
    TranscriptError,
    asked::{Asked, Piece},
    format::{self, Ended, ModelLine, TurnLine},
};

/// The models of a transcript, in the order in which they were recorded. Their ids begin with `replay:`.
pub fn replay(file: &str, text: &str) -> Result<Vec<Arc<dyn Model>>, TranscriptError> {
    let (models, turns) = format::read(file, text)?;
    let tape = Arc::new(Tape { file: file.to_owned(), threads: threads(turns), played: Mutex::default() });
    let replayed = |model: ModelLine| -> Arc<dyn Model> {
        Arc::new(Replayed { id: format!("replay:{}", model.id), model, tape: Arc::clone(&tape) })
    };
    Ok(models.into_iter().map(replayed).collect())
}

/// What was recorded.
struct Tape {
    file: String,
    /// The turns of each investigation, in the order in which the investigations began; the evidence of each turn is complete.
    threads: Vec<Vec<TurnLine>>,
    played: Mutex<BTreeMap<String, Place>>,
}

/// Where an investigation that is played stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    thread: usize,
    next: usize,
}

fn threads(turns: Vec<TurnLine>) -> Vec<Vec<TurnLine>> {
    let mut order: Vec<String> = Vec::new();
    let mut threads: BTreeMap<String, (Vec<TurnLine>, Vec<Piece>)> = BTreeMap::new();
    for mut turn in turns {
        if !order.contains(&turn.investigation) {
            order.push(turn.investigation.clone());
        }
        let (thread, evidence) = threads.entry(turn.investigation.clone()).or_default();
        evidence.append(&mut turn.asked.evidence);
        turn.asked.evidence.clone_from(evidence);
        thread.push(turn);
    }
    order.into_iter().filter_map(|id| threads.remove(&id)).map(|(thread, _)| thread).collect()
}

impl Tape {
    /// The recorded turn that is this one. It counts as played.
    fn turn(&self, model: &str, investigation: &str, asked: &Asked) -> Result<&TurnLine, String> {
        let mut played = self.played.lock().unwrap_or_else(PoisonError::into_inner);
        let place = match played.get(investigation) {
            Some(place) => *place,
            None => self.claimed(asked, &played)?,
        };
        let thread = self.threads.get(place.thread).map_or(&[][..], Vec::as_slice);
        let Some(turn) = thread.get(place.next) else {
            let last = thread.last().map_or(0, |turn| turn.turn);
            return Err(format!("the transcript ends with turn {last}, and one more is asked for"));
        };
        let differs = |what: String| format!("turn {} differs: {what}", turn.turn);
        if turn.model != model {
            return Err(differs(format!("{} was asked there, and {model} is here", turn.model)));
        }
        if let Some(what) = asked.difference(&turn.asked) {
            return Err(differs(what));
        }
        played.insert(investigation.to_owned(), Place { next: place.next + 1, ..place });
        Ok(turn)
    }

    /// The recorded investigation that a new one is: the first that nobody has taken and that it fits, at whichever turn. If it fits
    /// none, the beginning of the first, so that the difference can be said.
    fn claimed(&self, asked: &Asked, played: &BTreeMap<String, Place>) -> Result<Place, String> {
        let is_free = |thread: &usize| played.values().all(|place| place.thread != *thread);
        let free: Vec<usize> = (0..self.threads.len()).filter(is_free).collect();
        let fitting = free.iter().find_map(|thread| {
            let turns = self.threads.get(*thread)?;
            let next = turns.iter().position(|turn| asked.difference(&turn.asked).is_none())?;
            Some(Place { thread: *thread, next })
        });
        let first = free.first().map(|thread| Place { thread: *thread, next: 0 });
        fitting.or(first).ok_or_else(|| {
            format!("all {} investigations of the transcript have been played, and one more asks", self.threads.len())
        })
    }
}

/// A recorded model.
struct Replayed {
    id: String,
    model: ModelLine,
    tape: Arc<Tape>,
}

impl Replayed {
    fn play(&self, turn: &Turn<'_>) -> Result<Vec<Delta>, ModelError> {
        let differs =
            |what: String| ModelError::ReplayDiffers { message: format!("replay of {}: {what}", self.tape.file) };
        let asked = Asked::of(turn);
        let recorded = self.tape.turn(&self.model.id, &turn.options.investigation, &asked).map_err(differs)?;
        let answer = match recorded.ended.clone() {
            Ended::Answered(answer) => answer,
            Ended::Failed(failed) => return Err(failed.into()),
        };
        let mut deltas: Vec<Delta> = answer.message.blocks.iter().filter_map(shown).collect();
        deltas.push(Delta::Finished(answer.into()));
        Ok(deltas)
    }
}

/// What a live view is shown of a block.
fn shown(block: &Block) -> Option<Delta> {
    match block {
        Block::Text { text } => Some(Delta::Text(text.clone())),
        Block::ToolCall(call) => Some(Delta::CallStarted { tool: call.tool.clone() }),
        Block::ToolResult { .. } | Block::Reasoning { .. } => None,
    }
}

impl Model for Replayed {
    fn id(&self) -> &str {
        &self.id
    }

    fn is_language_model(&self) -> bool {
        self.model.is_language_model
    }

    fn context_window(&self) -> Option<u64> {
        self.model.context_window
    }

    fn answer<'a>(&'a self, turn: Turn<'a>) -> BoxStream<'a, Result<Delta, ModelError>> {
        match self.play(&turn) {
            Ok(deltas) => stream::iter(deltas.into_iter().map(Ok)).boxed(),
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }
}
