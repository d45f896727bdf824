//! The playbook, in Japanese: logs are denied, a link is an inference, a quote is refused, and AWS's words try to repaint the terminal.

use super::*;
use marple_case::verification::Reason;

pub(crate) fn insufficient() -> Vec<Entry> {
    let mut journal = Journal::open(Trigger::LatestAlarm, crate::report::PLAYBOOK, "ja-JP", Some("denied-logs"));
    journal.after(20, Event::Scoped { scope: scope("notification-service") });
    let denied = |action: &str| Outcome::Denied {
        action: action.to_owned(),
        message: "User: arn:aws:sts::111122223333:assumed-role/ro/\u{1b}[31mx\u{202e} is not authorized".to_owned(),
    };
    let logs = json!({"log_group": "/aws/lambda/notification-service"});
    let command = "aws logs filter-log-events --log-group-name /aws/lambda/notification-service";
    let of_logs = denied("logs:FilterLogEvents");
    journal.after(5, taken(evidence(1, "summarize_logs", logs.clone(), of_logs.clone(), Facts::Nothing, command)));
    journal.after(5, taken(evidence(2, "search_logs", logs, of_logs, Facts::Nothing, command)));
    let secrets = json!({"prefix": "notification"});
    let command = "aws secretsmanager list-secrets --filters Key=name,Values=notification";
    let of_secrets = denied("secretsmanager:ListSecrets");
    journal.after(5, taken(evidence(3, "list_secrets", secrets, of_secrets, Facts::Nothing, command)));
    journal.write(Event::OpeningEnded);
    journal.write(answered(crate::report::PLAYBOOK, Usage::default(), None));
    let root_cause = root_cause();
    let verification = Verification {
        chain: vec![StatementCheck {
            citations: vec![CitationCheck::Refused {
                evidence: EvidenceId(1),
                quote: "ENOTFOUND `db`\u{7}".to_owned(),
                reason: "E1 does not hold these words".to_owned(),
            }],
        }],
        ruled_out: Vec::new(),
        remarks: vec!["chain[0]: let pass after two repairs".to_owned()],
        confidence: Confidence::Low,
        because: vec![Reason::Insufficient, Reason::Inference { open: 1, links: 1 }],
    };
    journal.write(Event::RootCauseReported { root_cause, verification, call: "p1".to_owned() });
    journal.write(Event::PlanReported { plan: plan(), check: PlanCheck::default(), call: "p2".to_owned() });
    journal.write(Event::Closed { ending: Ending::Complete });
    journal.entries
}

fn root_cause() -> RootCause {
    RootCause {
        verdict: Verdict::InsufficientEvidence,
        category: Category::Unknown,
        title: "The logs of notification-service may not be read".to_owned(),
        summary: "エラーの内容を確認できません。ログの読み取りが拒否されたため、原因を特定できませんでした。"
            .to_owned(),
        components: Vec::new(),
        location: None,
        onset: None,
        trigger: None,
        chain: vec![link("A host name may not resolve.", None, &[(1, "ENOTFOUND `db`\u{7}")])],
        ruled_out: Vec::new(),
        gaps: vec![Gap {
            missing: "the logs of notification-service".to_owned(),
            why: "logs:FilterLogEvents is denied".to_owned(),
            how_to_close: "allow logs:FilterLogEvents".to_owned(),
            on_the_chain: true,
        }],
        assumptions: Vec::new(),
        recommended_checks: Vec::new(),
    }
}

fn plan() -> MitigationPlan {
    let show = "aws lambda list-versions-by-function --function-name notification-service";
    let phases = Phases {
        prepare: vec![step("Find the version before.", Some(show), None)],
        apply: vec![step("Point the alias to it.", Some("echo 'a\n```\nb'"), None)],
        ..Phases::default()
    };
    let back = Action {
        title: "Go back one version".to_owned(),
        kind: ActionKind::Rollback,
        temporary: true,
        rollback_to: Some("11".to_owned()),
        unverified: Some("no evidence shows version 11 to be healthy".to_owned()),
        phases,
        risk: "It may fail in the same way.".to_owned(),
    };
    MitigationPlan {
        immediate: vec![back],
        no_immediate_action: None,
        avoid: Vec::new(),
        follow_up: Vec::new(),
        spec: None,
        prevention: Vec::new(),
    }
}
