//! Whatever a model writes as arguments, in whatever pieces: what is JSON comes out as it is, the rest as text, and nothing is lost.

use marple_case::StopReason;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    conversation::{Conversation, answer, call},
    fake::{Fake, MODEL, Stream},
};

/// Arguments as a model writes them, some with a mistake.
fn written() -> impl Strategy<Value = String> {
    let sound = json!({"log_group": "/aws/lambda/größer 😀", "pattern": "\"ERROR\" \\n", "limit": 20, "within": [1, -0.5e3, null, true]}).to_string();
    let length = sound.chars().count();
    (prop::collection::vec((0..length, any::<char>()), 0..4), prop::option::of(1..length)).prop_map(
        move |(noise, cut)| {
            let mut text: Vec<char> = sound.chars().collect();
            for (place, character) in noise {
                text[place] = character;
            }
            text.truncate(cut.unwrap_or(length));
            text.into_iter().collect()
        },
    )
}

/// So many cases, unless `PROPTEST_CASES` asks for another number.
fn cases(few: u32) -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: if usual.cases == 256 { few } else { usual.cases }, ..usual }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn no_arguments_are_lost_or_changed_on_the_way(texts in prop::collection::vec((written(), 1_usize..9), 1..4)) {
        let mut stream = Stream::new();
        let mut expected = Vec::new();
        for (number, (text, size)) in texts.iter().enumerate() {
            let id = format!("t{number}");
            let letters: Vec<char> = text.chars().collect();
            let pieces: Vec<String> = letters.chunks(*size).map(|piece| piece.iter().collect()).collect();
            stream = stream.call(&id, "search_logs", pieces.iter().map(String::as_str));
            let arguments = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()));
            expected.push(call(&id, "search_logs", arguments));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let heard = runtime.block_on(async {
            let fake = Fake::playing([stream.stop("tool_use").into()]).await;
            answer(&fake.client(MODEL), &Conversation::new()).await
        });
        prop_assert_eq!(heard.stop_reason, StopReason::ToolUse);
        prop_assert_eq!(heard.message.blocks, expected);
    }
}
