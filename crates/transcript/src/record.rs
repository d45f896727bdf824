//! Models that write down what they are asked and what they answer.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use futures::stream::{BoxStream, StreamExt};
use marple_agent::ports::{Delta, Estimate, Model, ModelError, Turn};

use crate::{
    asked::Asked,
    format::{Answered, Ended, Line, ModelLine, TurnLine, VERSION},
};

/// The same models, whose turns are written to `file` from now on, each as soon as it has ended. A turn that is dropped before its end is
/// not written.
///
/// # Errors
/// The first line cannot be written.
pub fn record(file: Box<dyn Write + Send>, models: Vec<Arc<dyn Model>>) -> io::Result<Vec<Arc<dyn Model>>> {
    let recording = Arc::new(Mutex::new(Recording { file, threads: BTreeMap::new() }));
    let known = models.iter().map(|model| ModelLine {
        id: model.id().to_owned(),
        is_language_model: model.is_language_model(),
        context_window: model.context_window(),
    });
    let first = Line::Transcript { version: VERSION, models: known.collect() };
    recording.lock().unwrap_or_else(PoisonError::into_inner).write(&first)?;
    let recorder = |model| -> Arc<dyn Model> { Arc::new(Recorder { model, recording: Arc::clone(&recording) }) };
    Ok(models.into_iter().map(recorder).collect())
}

/// The file, and how far each investigation is in it.
struct Recording {
    file: Box<dyn Write + Send>,
    threads: BTreeMap<String, Thread>,
}

#[derive(Default)]
struct Thread {
    turns: u32,
    system: String,
    evidence: usize,
}

impl Recording {
    fn write(&mut self, line: &Line) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        self.file.write_all(&bytes)?;
        self.file.flush()
    }

    /// Writes a turn, without what the lines before say already.
    fn write_turn(&mut self, investigation: String, model: String, mut asked: Asked, ended: Ended) -> io::Result<()> {
        let thread = self.threads.entry(investigation.clone()).or_default();
        thread.turns += 1;
        asked.system = asked.system.filter(|system| *system != thread.system);
        if let Some(system) = &asked.system {
            thread.system.clone_from(system);
        }
        let taken = asked.evidence.len();
        asked.evidence = asked.evidence.split_off(thread.evidence.min(taken));
        thread.evidence = taken;
        let turn = thread.turns;
        self.write(&Line::Turn(Box::new(TurnLine { investigation, turn, model, asked, ended })))
    }
}

struct Recorder {
    model: Arc<dyn Model>,
    recording: Arc<Mutex<Recording>>,
}

impl Model for Recorder {
    fn id(&self) -> &str {
        self.model.id()
    }

    fn provider(&self) -> &'static str {
        self.model.provider()
    }

    fn is_language_model(&self) -> bool {
        self.model.is_language_model()
    }

    fn context_window(&self) -> Option<u64> {
        self.model.context_window()
    }

    fn estimate(&self, turn: &Turn<'_>) -> Option<Estimate> {
        self.model.estimate(turn)
    }

    fn answer<'a>(&'a self, turn: Turn<'a>) -> BoxStream<'a, Result<Delta, ModelError>> {
        let mut asked = Some((turn.options.investigation.clone(), Asked::of(&turn)));
        let deltas = self.model.answer(turn);
        let heard = deltas.inspect(move |delta| {
            let ended = match delta {
                Ok(Delta::Finished(answer)) => Ended::Answered(Answered::from(answer)),
                Err(error) => Ended::Failed(error.into()),
                Ok(_) => return,
            };
            let Some((investigation, asked)) = asked.take() else { return };
            let mut recording = self.recording.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = recording.write_turn(investigation, self.id().to_owned(), asked, ended) {
                tracing::warn!(%error, "a turn is missing in the transcript");
            }
        });
        heard.boxed()
    }
}
