//! The line editor, and what is typed beside questions.

use std::path::PathBuf;

use rustyline::{DefaultEditor, error::ReadlineError};

use super::session::{self, Session};
use crate::{exit::Exit, failure::Failure, output};

const HELP: &str = "Ask in words, such as \"is v1.7.0 in the registry?\" or \"that is not it, look for another cause\". Ctrl-C stops an \
                    answer. /report shows the report, /exit or Ctrl-D ends the chat.";

/// What was typed.
enum Typed {
    Question(String),
    Report,
    Help,
    Nothing,
    End,
}

/// Reads questions and answers them until the person ends it.
pub(super) async fn talk(mut session: Session) -> Result<Exit, Failure> {
    let history = directories::ProjectDirs::from("", "", "marple").map(|platform| platform.data_dir().join("history"));
    let mut editor = DefaultEditor::new().map_err(|error| Failure::bug(format!("no line can be read: {error}")))?;
    if let Some(file) = &history
        && let Err(error) = editor.load_history(file)
    {
        tracing::debug!(%error, "no history of questions");
    }
    if !session.quiet {
        anstream::eprintln!("{HELP}");
    }
    session.finish_open_question().await?;
    loop {
        // The editor waits for a key without yielding: it does so on a thread of its own.
        let (back, line) = tokio::task::spawn_blocking(move || {
            let line = editor.readline("marple> ");
            (editor, line)
        })
        .await
        .map_err(|error| Failure::bug(format!("the line editor failed: {error}")))?;
        editor = back;
        match typed(line)? {
            Typed::End => break,
            Typed::Nothing => {}
            Typed::Help => output::print(HELP),
            Typed::Report => report(&session).await?,
            Typed::Question(text) => {
                if let Err(error) = editor.add_history_entry(text.as_str()) {
                    tracing::debug!(%error, "the question is not in the history");
                }
                save(&mut editor, history.as_ref());
                let report = session.ask(&text).await?;
                session::show(&report);
            }
        }
    }
    if let (Some(id), false) = (&session.id, session.quiet) {
        anstream::eprintln!("go on with: marple chat {id}");
    }
    Ok(Exit::Done)
}

fn typed(line: Result<String, ReadlineError>) -> Result<Typed, Failure> {
    match line {
        Ok(line) => Ok(match line.trim() {
            "" => Typed::Nothing,
            "/exit" | "/quit" | "exit" | "quit" => Typed::End,
            "/help" | "/?" => Typed::Help,
            "/report" | "/show" => Typed::Report,
            question => Typed::Question(question.to_owned()),
        }),
        Err(ReadlineError::Interrupted) => Ok(Typed::Nothing),
        Err(ReadlineError::Eof) => Ok(Typed::End),
        Err(error) => Err(Failure::bug(format!("no line can be read: {error}"))),
    }
}

async fn report(session: &Session) -> Result<(), Failure> {
    match session.report().await? {
        Some(report) => output::write(&report, &crate::arguments::OutputArguments::for_terminal()),
        None => {
            output::print("nothing was asked yet");
            Ok(())
        }
    }
}

/// The history is kept between chats; where that fails, the chat goes on without.
fn save(editor: &mut DefaultEditor, file: Option<&PathBuf>) {
    let Some(file) = file else { return };
    let made = file.parent().map_or(Ok(()), std::fs::create_dir_all);
    let saved = made.map_err(ReadlineError::from).and_then(|()| editor.save_history(file));
    if let Err(error) = saved {
        tracing::debug!(%error, "the history of questions is not kept");
    }
}
