//! A fault in code, found by a language model, with a plan.

use super::*;
use marple_case::verification::Reason;

pub(crate) fn complete() -> Vec<Entry> {
    let alarm = "lambda-user-profile-service-errors".to_owned();
    let mut journal = Journal::open(Trigger::Alarm { alarm }, CLAUDE, "en", Some("lambda-type-error"));
    journal.after(300, Event::Scoped { scope: scope("user-profile-service") });
    journal.after(500, taken(logs()));
    journal.after(10, taken(code()));
    journal.after(10, taken(changes()));
    journal.write(Event::OpeningEnded);
    let usage = Usage { input_tokens: 2_100, output_tokens: 640, cache_read_tokens: 11_000, cache_write_tokens: 900 };
    journal.turn(CLAUDE, usage, Some(0.0231));
    let root_cause = root_cause();
    let verification = Verification {
        chain: root_cause.chain.iter().map(|link| verified(&link.citations)).collect(),
        ruled_out: root_cause.ruled_out.iter().map(|rival| verified(&rival.citations)).collect(),
        remarks: Vec::new(),
        confidence: Confidence::High,
        because: vec![Reason::Verified { links: 2 }, Reason::Rivals { count: 1 }],
    };
    journal.write(Event::RootCauseReported { root_cause, verification, call: "c4".to_owned() });
    journal.turn(CLAUDE, usage, Some(0.0119));
    journal.write(Event::PlanReported { plan: plan(), check: PlanCheck::default(), call: "c5".to_owned() });
    journal.write(Event::Closed { ending: Ending::Complete });
    journal.entries
}

fn logs() -> Evidence {
    let command = "aws logs filter-log-events --log-group-name /aws/lambda/user-profile-service \
                   --start-time 1765860360000 --end-time 1765865400000";
    let arguments = json!({"log_group": "/aws/lambda/user-profile-service"});
    evidence(1, "summarize_logs", arguments, Outcome::Found, log_summary("/aws/lambda/user-profile-service"), command)
}

fn code() -> Evidence {
    let command = "aws lambda get-function --function-name user-profile-service --query Code.Location";
    evidence(
        2,
        "read_function_code",
        json!({"function": "user-profile-service"}),
        Outcome::Found,
        Facts::Nothing,
        command,
    )
}

fn changes() -> Evidence {
    let command = "aws cloudtrail lookup-events --lookup-attributes \
                   AttributeKey=ResourceName,AttributeValue=user-profile-service";
    evidence(3, "list_changes", json!({"resource": "user-profile-service"}), Outcome::NoData, Facts::Nothing, command)
}

fn root_cause() -> RootCause {
    RootCause {
        verdict: Verdict::Fault,
        category: Category::CodeDefect,
        title: "POST /api/profile without a body crashes user-profile-service".to_owned(),
        summary:
            "The handler parses event.body without a check. For a request without a body that gives null, and reading \
                  .user of it throws. Each such request fails with a 502; all others are served."
                .to_owned(),
        components: vec![ResourceRef::new(ResourceKind::LambdaFunction, "user-profile-service")],
        location: Some(Location { file: "index.js".to_owned(), line: 4, column: Some(29), seen_in: SeenIn::Source }),
        onset: Some(at("2025-12-16T05:45:37Z")),
        trigger: Some("a POST /api/profile without a body".to_owned()),
        chain: vec![
            link(
                "The handler reads .user of the parsed body without a check.",
                None,
                &[(2, "4 | const name = JSON.parse(event.body).user.name")],
            ),
            link(
                "A request without a body makes it throw.",
                Some("2025-12-16T05:45:37Z"),
                &[(1, "TypeError: Cannot read properties of null (reading 'user')"), (2, "JSON.parse(event.body)")],
            ),
        ],
        ruled_out: vec![RuledOut {
            hypothesis: "A recent deployment broke it".to_owned(),
            reason: "Nothing was changed in the 72 hours before.".to_owned(),
            citations: citations(&[(3, "no write event of CloudTrail names user-profile-service")]),
        }],
        gaps: Vec::new(),
        assumptions: vec!["The request without a body is sent by a client that will send it again".to_owned()],
        recommended_checks: vec!["Which client sends the requests without a body".to_owned()],
    }
}

fn plan() -> MitigationPlan {
    MitigationPlan {
        immediate: Vec::new(),
        no_immediate_action: Some(
            "There is no earlier version to go back to, and valid requests are served.".to_owned(),
        ),
        avoid: vec![Avoid {
            action: "Raise the memory or the timeout".to_owned(),
            why: "The handler fails in 3 ms with 78 of 128 MB used.".to_owned(),
        }],
        follow_up: vec![Action {
            title: "Deploy a handler that validates the body".to_owned(),
            kind: ActionKind::CodeChange,
            temporary: false,
            rollback_to: None,
            unverified: None,
            phases: Phases {
                apply: vec![step(
                    "Upload the package.",
                    Some(
                        "aws lambda update-function-code --function-name user-profile-service --zip-file fileb://function.zip",
                    ),
                    Some("LastUpdateStatus is Successful"),
                )],
                ..Phases::default()
            },
            risk: "Clients see 400 where they saw 502.".to_owned(),
        }],
        spec: Some(Spec {
            context: "index.js parses event.body without a check.".to_owned(),
            files: vec!["index.js".to_owned()],
            requirements: vec!["WHEN a request has no body THE SYSTEM SHALL answer 400.".to_owned()],
            acceptance: vec!["An invocation with a null body returns statusCode 400.".to_owned()],
        }),
        prevention: vec!["Validate requests in API Gateway.".to_owned()],
    }
}
