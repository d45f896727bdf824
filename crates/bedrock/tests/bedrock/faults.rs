//! Faults: what passes is tried again with a sign, what lasts is said at once in the service's own words.

use std::time::{Duration, Instant};

use futures::StreamExt;
use marple_agent::ports::{Delta, Model, ModelError};

use crate::{
    conversation::{Conversation, answer, error, hear, restarts},
    fake::{Fake, MODEL, Reply, Stream},
};

fn good() -> Reply {
    Stream::new().text(&["It is the disk."]).stop("end_turn").into()
}

/// A stream that is well until here, inside a call.
fn begun() -> Stream {
    Stream::new().text(&["It is "]).open_call("t1", "search_logs", ["{\"zone"])
}

/// The restarts of a turn that meets `first` and is answered then.
async fn survived(first: Reply) -> Vec<String> {
    let fake = Fake::playing([first, good()]).await;
    let heard = hear(&fake.client(MODEL), &Conversation::new()).await;
    let Some(Ok(Delta::Finished(answer))) = heard.last() else { panic!("no answer: {heard:?}") };
    assert_eq!(answer.message.text(), "It is the disk.");
    let seen = fake.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].text, seen[1].text, "a retry sends the identical request");
    restarts(&heard).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_stream_that_breaks_begins_anew_and_says_so() {
    let throttle = begun().exception("throttlingException", "Too many tokens, please wait.");
    assert_eq!(survived(throttle.into()).await, ["Too many tokens, please wait."]);
    let failed = begun().exception("modelStreamErrorException", "The model failed.");
    assert_eq!(survived(failed.into()).await, ["The model failed."]);
    let unknown = begun().exception("exceptionOfNextYear", "Something new.");
    assert_eq!(survived(unknown.into()).await, ["Something new."]);
    assert_eq!(survived(begun().then_silence().into()).await, ["the model sent nothing for 0.4 s"]);
    let cut = survived(begun().cut().into()).await;
    assert!(cut.len() == 1 && cut[0].starts_with("the model's answer was cut off: "), "{cut:?}");
    let without_stop = Stream::new().text(&["It is the"]);
    assert_eq!(survived(without_stop.into()).await, ["the model's answer was cut off"]);
}

#[tokio::test]
async fn an_answer_that_broke_off_is_counted_and_asked_for_again_only_if_that_can_be_paid_for() {
    let asked = async |left: Option<f64>, replies: [Reply; 2]| {
        let fake = Fake::playing(replies).await;
        let (client, conversation) = (fake.client(MODEL), Conversation::new());
        let mut turn = conversation.turn();
        turn.options.cost_left_usd = left;
        client.answer(turn).collect::<Vec<_>>().await.pop().unwrap()
    };
    let Ok(Delta::Finished(once)) = asked(None, [good(), good()]).await else { panic!() };
    let Ok(Delta::Finished(twice)) = asked(Some(5.0), [begun().cut().into(), good()]).await else { panic!() };
    assert!(twice.usage.input_tokens > once.usage.input_tokens, "{:?} {:?}", twice.usage, once.usage);
    let refused = asked(Some(0.000_1), [begun().cut().into(), good()]).await;
    assert!(matches!(refused, Err(ModelError::Unavailable { .. })), "{refused:?}");
}

#[tokio::test]
async fn what_came_before_a_restart_is_heard_before_it() {
    let fake = Fake::playing([begun().cut().into(), good()]).await;
    let heard = hear(&fake.client(MODEL), &Conversation::new()).await;
    let kinds: Vec<&str> = heard
        .iter()
        .map(|delta| match delta {
            Ok(Delta::Text(text)) => text.as_str(),
            Ok(Delta::CallStarted { tool }) => tool,
            Ok(Delta::Restarted { .. }) => "(restarted)",
            Ok(Delta::Finished(_)) => "(finished)",
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, ["It is ", "search_logs", "(restarted)", "It is the disk.", "(finished)"]);
}

#[tokio::test]
async fn a_model_that_fails_before_its_stream_is_asked_again_with_a_sign() {
    let timeout = Reply::refusal(408, "ModelTimeoutException", "Model has timed out.");
    assert_eq!(survived(timeout).await, ["Model has timed out."]);
    let failed = Reply::refusal(424, "ModelErrorException", "The model failed.");
    assert_eq!(survived(failed).await, ["The model failed."]);
    // Not even a first event.
    assert_eq!(survived(Stream::nothing().then_silence().into()).await, ["the model sent nothing for 0.8 s"]);
}

#[tokio::test]
async fn what_the_service_turns_away_is_asked_again_and_nothing_is_void() {
    let nothing: [&str; 0] = [];
    assert_eq!(survived(Reply::refusal(429, "ThrottlingException", "Too many requests.")).await, nothing);
    assert_eq!(survived(Reply::refusal(429, "ModelNotReadyException", "Not ready.")).await, nothing);
    assert_eq!(survived(Reply::refusal(503, "ServiceUnavailableException", "Unavailable.")).await, nothing);
    assert_eq!(survived(Reply::refusal(500, "InternalServerException", "Internal.")).await, nothing);
}

#[tokio::test]
async fn retries_end() {
    let throttle = || Reply::refusal(429, "ThrottlingException", "Too many requests.");
    let fake = Fake::playing((0..200).map(|_| throttle())).await;
    let begun = Instant::now();
    let heard = hear(&fake.client(MODEL), &Conversation::new()).await;
    assert_eq!(heard.last(), Some(&Err(ModelError::Throttled { message: "Too many requests.".to_owned() })));
    assert!(begun.elapsed() < Duration::from_secs(2), "the deadline is 0.2 s");
    let waits = heard.iter().filter(|delta| matches!(delta, Ok(Delta::Waiting { .. }))).count();
    assert!(waits >= 3, "{heard:?}");
    assert_eq!(fake.seen().len(), waits + 1, "each wait is told of");

    let down = || Reply::refusal(503, "ServiceUnavailableException", "Unavailable.");
    let fake = Fake::playing((0..20).map(|_| down())).await;
    let ended = error(&fake.client(MODEL), &Conversation::new()).await;
    assert_eq!(ended, ModelError::Unavailable { message: "Unavailable.".to_owned() });
    assert_eq!(fake.seen().len(), 3, "one attempt and two retries");

    let failing = || Stream::new().exception("modelStreamErrorException", "The model failed.").into();
    let fake = Fake::playing((0..20).map(|_| failing())).await;
    let heard = hear(&fake.client(MODEL), &Conversation::new()).await;
    assert_eq!(restarts(&heard).len(), 2);
    let unavailable = ModelError::Unavailable { message: "The model failed.".to_owned() };
    assert_eq!(heard.last(), Some(&Err(unavailable)));
    assert_eq!(fake.seen().len(), 3, "one attempt and two retries");
}

#[tokio::test]
async fn lasting_faults_are_said_at_once_in_the_services_words() {
    type Kind = fn(String) -> ModelError;
    let cases: [(u16, &str, &str, Kind); 12] = [
        (400, "ValidationException", "The provided model identifier is invalid.", |message| ModelError::UnknownModel {
            message,
        }),
        (
            400,
            "ValidationException",
            "Invocation of model ID x with on-demand throughput isn’t supported.",
            |message| ModelError::UnknownModel { message },
        ),
        (404, "ResourceNotFoundException", "Could not resolve the foundation model.", |message| {
            ModelError::UnknownModel { message }
        }),
        (400, "ValidationException", "Input is too long for requested model.", |message| ModelError::ContextExceeded {
            message,
        }),
        (
            400,
            "ValidationException",
            "input length and `max_tokens` exceed context limit: 199999 + 16000 > 200000",
            |message| ModelError::ContextExceeded { message },
        ),
        (
            400,
            "ValidationException",
            "Input Tokens Exceeded: Number of input tokens exceeds maximum length.",
            |message| ModelError::ContextExceeded { message },
        ),
        (400, "ValidationException", "messages.1.content: must not be empty", |message| ModelError::Rejected {
            message,
        }),
        (403, "AccessDeniedException", "You don't have access to the model with the specified model ID.", |message| {
            ModelError::AccessDenied { message }
        }),
        (403, "ExpiredTokenException", "The security token included in the request is expired", |message| {
            ModelError::Credentials { message }
        }),
        (403, "UnrecognizedClientException", "The security token included in the request is invalid.", |message| {
            ModelError::Credentials { message }
        }),
        (400, "ServiceQuotaExceededException", "You have exceeded your quota.", |message| ModelError::Throttled {
            message,
        }),
        (413, "RequestEntityTooLargeException", "Too large.", |message| ModelError::Rejected { message }),
    ];
    for (status, kind, words, expected) in cases {
        let fake = Fake::playing([Reply::refusal(status, kind, words), good()]).await;
        let heard = hear(&fake.client(MODEL), &Conversation::new()).await;
        assert_eq!(heard, [Err(expected(words.to_owned()))], "{kind}");
        assert_eq!(fake.seen().len(), 1, "{kind} is not tried again");
    }
}

#[tokio::test]
async fn a_refusal_inside_the_stream_lasts() {
    let refused = Stream::new().exception("validationException", "Input is too long for requested model.");
    let fake = Fake::playing([refused.into(), good()]).await;
    let ended = error(&fake.client(MODEL), &Conversation::new()).await;
    assert!(matches!(ended, ModelError::ContextExceeded { .. }), "{ended:?}");
    assert_eq!(fake.seen().len(), 1);
}

#[tokio::test]
async fn without_credentials_nothing_is_sent() {
    let fake = Fake::playing([good()]).await;
    let ended = error(&fake.client_without_credentials(MODEL), &Conversation::new()).await;
    assert!(matches!(&ended, ModelError::Credentials { .. }), "{ended:?}");
    assert_eq!(fake.seen().len(), 0);
}

#[tokio::test]
async fn an_endpoint_that_nobody_serves_is_unavailable_in_words_for_people() {
    let ended = error(&crate::fake::nobody().await, &Conversation::new()).await;
    let ModelError::Unavailable { message } = ended else { panic!("{ended:?}") };
    assert!(message.starts_with("Bedrock cannot be reached: ") && message.contains("refused"), "{message}");
    assert!(!message.contains("DispatchFailure"), "{message}");
}

#[tokio::test]
async fn dropping_the_stream_closes_the_connection() {
    let mut fake = Fake::playing([begun().then_silence().into()]).await;
    let model = fake.client(MODEL);
    let conversation = Conversation::new();
    let mut stream = model.answer(conversation.turn());
    assert_eq!(stream.next().await, Some(Ok(Delta::Text("It is ".to_owned()))));
    drop(stream);
    fake.connection_closed().await;
}

#[tokio::test]
async fn a_connection_is_used_again_after_a_whole_answer() {
    let mut fake = Fake::playing([good(), good()]).await;
    let model = fake.client(MODEL);
    answer(&model, &Conversation::new()).await;
    answer(&model, &Conversation::new()).await;
    let closed = tokio::time::timeout(Duration::from_millis(50), fake.connection_closed()).await;
    assert!(closed.is_err(), "the stream was read to its end, so the connection lives");
}
