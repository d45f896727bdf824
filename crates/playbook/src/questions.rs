//! A person's questions, answered without a language model: those that map onto a tool, and those about the report.
//!
//! | module | what it does |
//! |---|---|
//! | `intent` | what a question asks for, by its words in English and Japanese |
//! | `times` | the times that it names |
//! | `talk` | the question as it stands: what was asked of AWS for it, and what came |
//! | `account` | changes, alarms |
//! | `images`, `errors`, `services` | images in a registry; logged errors; what runs, in which version |
//! | `about` | the report: why, what was ruled out, what to do, evidence, code |
//! | `reopen` | another cause |
//!
//! Answers are words built from facts, with citations; what cannot be answered is said, with what can.

use marple_agent::ports::{Asked, PlannedCall, Turn};
use marple_case::Message;
use serde_json::json;

use crate::{
    investigation::{message, words},
    wants::{self, call},
};

mod about;
mod account;
mod errors;
mod images;
mod intent;
mod reopen;
mod services;
mod talk;
#[cfg(test)]
mod tests;
mod times;

use intent::Intent;
use talk::{Answer, Reply, Talk};

/// The tool that takes the answer.
const ANSWER: &str = "answer";
/// Most turns spent on looking before an answer.
const LOOKS: usize = 4;

/// The answer to a turn of a chat.
pub(crate) fn next(turn: &Turn<'_>, asked: &Asked) -> Message {
    let talk = Talk::of(turn, asked);
    let intent = intent::of(&asked.text, !asked.account || !asked.causes.is_empty());
    if intent == Intent::AnotherCause
        && let Some(message) = reopen::next(&talk)
    {
        return message;
    }
    let answer = match reply(&talk, &intent) {
        Reply::Look(calls) => {
            let calls = fresh(&talk, calls);
            if !calls.is_empty() && talk.rounds() < LOOKS {
                return message(turn, looking(&talk), calls);
            }
            unable(&talk)
        }
        Reply::Say(answer) => about_strangers(&talk, &intent, answer),
    };
    submit(&talk, answer)
}

fn reply(talk: &Talk<'_>, intent: &Intent) -> Reply {
    match intent {
        Intent::Evidence(id) => Reply::Say(about::evidence(talk, *id)),
        Intent::AnotherCause => Reply::Say(reopen::outcome(talk)),
        Intent::Code => about::code(talk),
        Intent::RuledOut => Reply::Say(about::ruled_out(talk)),
        Intent::Mitigation => Reply::Say(about::mitigation(talk)),
        Intent::Why => Reply::Say(about::why(talk)),
        Intent::Images => images::images(talk),
        Intent::Changes => account::changes(talk),
        Intent::Alarms => account::alarms(talk),
        Intent::Version => services::version(talk),
        Intent::Running => services::running(talk),
        Intent::Errors => errors::errors(talk),
        Intent::Unknown => Reply::Say(unable(talk)),
    }
}

/// The answer, after a word on a name that the question says and nothing bears: what follows is then about something else.
fn about_strangers(talk: &Talk<'_>, intent: &Intent, mut answer: Answer) -> Answer {
    let asks_the_account = matches!(
        intent,
        Intent::Images | Intent::Changes | Intent::Alarms | Intent::Version | Intent::Running | Intent::Errors
    );
    if let (true, Some(name)) = (asks_the_account, talk.stranger()) {
        let word = talk.say(
            format!("Nothing that was read is named `{name}`; what follows is not about it.\n\n"),
            format!(
                "読み取ったものの中に `{name}` という名前はありません。以下はそれについてのものではありません。\n\n"
            ),
        );
        answer.text.insert_str(0, &word);
    }
    answer
}

/// The calls that were not made for this question yet.
fn fresh(talk: &Talk<'_>, calls: Vec<PlannedCall>) -> Vec<PlannedCall> {
    let made: Vec<_> = talk.since.iter().flat_map(Message::calls).collect();
    let is_new = |one: &PlannedCall| !made.iter().any(|old| old.tool == one.tool && old.arguments == one.arguments);
    let mut distinct: Vec<PlannedCall> = Vec::new();
    for one in calls.into_iter().filter(is_new) {
        if !distinct.contains(&one) {
            distinct.push(one);
        }
    }
    distinct
}

fn looking(talk: &Talk<'_>) -> String {
    talk.say("Looking.", "確認します。")
}

/// That this cannot be answered without a language model, and what can.
fn unable(talk: &Talk<'_>) -> Answer {
    let mut text = talk.say(
        "No language model is in use, and this question is none that the playbook can answer. It can say:\n\n\
         - whether an image is in a registry (\"is v1.7.0 of payments-api in the registry?\")\n\
         - which errors were logged (\"errors in the last hour?\")\n\
         - what changed (\"what changed since noon?\")\n\
         - which alarms are in which state\n\
         - whether a service or function runs, and which version of it\n",
        "言語モデルを使っていないため、この質問には答えられません。答えられるのは次のとおりです:\n\n\
         - イメージがレジストリにあるか(「payments-api の v1.7.0 はレジストリにありますか」)\n\
         - 記録されたエラー(「直近1時間のエラーは?」)\n\
         - 変更(「正午から何が変わった?」)\n\
         - アラームの状態\n\
         - サービスや関数が動いているか、そのバージョン\n",
    );
    if !talk.asked.causes.is_empty() {
        text.push_str(&talk.say(
            "- of the report: why, what was ruled out, what to do, the code, a piece of evidence (\"show E7\"), and another cause\n",
            "- 報告について: 原因の理由、除外した仮説、対処、コード、証拠(「E7 を見せて」)、別の原因\n",
        ));
    }
    let unseen = talk.unseen();
    if !unseen.is_empty() {
        text.push_str(&talk.say("\nCould not be looked at: ", "\n見られなかったもの: "));
        text.push_str(&unseen.join("; "));
    }
    Answer::plain(text)
}

/// The answer, through the tool that checks it. What is refused loses its citations at the next try.
fn submit(talk: &Talk<'_>, answer: Answer) -> Message {
    let tries = talk.since.iter().flat_map(Message::calls).filter(|call| call.tool == ANSWER).count();
    let citations = if tries == 0 { answer.citations } else { Vec::new() };
    if tries > 2 {
        return words(answer.text);
    }
    message(talk.turn, String::new(), vec![call(ANSWER, json!({"text": answer.text, "citations": citations}))])
}

/// Calls that list what runs in the region.
fn inventory() -> Vec<PlannedCall> {
    vec![wants::call("describe_service", json!({})), wants::call("get_function", json!({}))]
}
