#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
use super::*;
use crate::cases::{self, report};

/// The schema as it is published.
const PUBLISHED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/report.schema.json");

#[test]
fn a_complete_report() {
    insta::assert_snapshot!(render(&report(&cases::complete())).unwrap(), @r#"
{
  "format": 1,
  "id": "019b25d0-7a11-7c30-9d5e-2f1f00000001",
  "model": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
  "models": [
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
  ],
  "language_model": true,
  "status": "complete",
  "reason": null,
  "verdict": "fault",
  "confidence": "high",
  "confidence_because": [
    "all 2 links are cited and verified",
    "1 rival is ruled out with evidence"
  ],
  "elapsed_ms": 9220,
  "turns": 2,
  "tool_calls": 3,
  "refused_calls": 0,
  "budget": {
    "turns": null,
    "tool_calls": null,
    "tokens": null,
    "time_ms": null,
    "cost_usd": null
  },
  "usage": {
    "input_tokens": 4200,
    "output_tokens": 1280,
    "cache_read_tokens": 22000,
    "cache_write_tokens": 1800,
    "cost_usd": 0.035
  },
  "questions_spent": {
    "elapsed_ms": 0,
    "turns": 0,
    "tool_calls": 0,
    "usage": {
      "input_tokens": 0,
      "output_tokens": 0,
      "cache_read_tokens": 0,
      "cache_write_tokens": 0,
      "cost_usd": 0.0
    }
  },
  "trigger": {
    "kind": "alarm",
    "alarm": "lambda-user-profile-service-errors"
  },
  "scope": {
    "account": "111122223333",
    "region": "us-east-1",
    "now": "2025-12-16T06:10:00Z",
    "alarm": "lambda-user-profile-service-errors",
    "subjects": [
      {
        "kind": "lambda_function",
        "name": "user-profile-service"
      }
    ],
    "window": {
      "start": "2025-12-16T04:46:00Z",
      "end": "2025-12-16T06:10:00Z"
    },
    "baseline": {
      "start": "2025-12-15T04:46:00Z",
      "end": "2025-12-15T06:10:00Z"
    },
    "period_s": 60,
    "first_breach": "2025-12-16T05:45:00Z",
    "recovered_at": null,
    "notes": []
  },
  "scenario": "lambda-type-error",
  "program": "0.1.0",
  "language": "en",
  "opened_at": "2025-12-16T06:10:00Z",
  "root_cause": {
    "verdict": "fault",
    "category": "code_defect",
    "title": "POST /api/profile without a body crashes user-profile-service",
    "summary": "The handler parses event.body without a check. For a request without a body that gives null, and reading .user of it throws. Each such request fails with a 502; all others are served.",
    "components": [
      {
        "kind": "lambda_function",
        "name": "user-profile-service"
      }
    ],
    "location": {
      "file": "index.js",
      "line": 4,
      "column": 29,
      "seen_in": "source"
    },
    "onset": "2025-12-16T05:45:37Z",
    "trigger": "a POST /api/profile without a body",
    "chain": [
      {
        "statement": "The handler reads .user of the parsed body without a check.",
        "at": null,
        "inference": false,
        "citations": [
          {
            "evidence": "E2",
            "quote": "4 | const name = JSON.parse(event.body).user.name",
            "verified": true,
            "line": 3,
            "refused": null
          }
        ]
      },
      {
        "statement": "A request without a body makes it throw.",
        "at": "2025-12-16T05:45:37Z",
        "inference": false,
        "citations": [
          {
            "evidence": "E1",
            "quote": "TypeError: Cannot read properties of null (reading 'user')",
            "verified": true,
            "line": 3,
            "refused": null
          },
          {
            "evidence": "E2",
            "quote": "JSON.parse(event.body)",
            "verified": true,
            "line": 3,
            "refused": null
          }
        ]
      }
    ],
    "ruled_out": [
      {
        "hypothesis": "A recent deployment broke it",
        "reason": "Nothing was changed in the 72 hours before.",
        "inference": false,
        "citations": [
          {
            "evidence": "E3",
            "quote": "no write event of CloudTrail names user-profile-service",
            "verified": true,
            "line": 3,
            "refused": null
          }
        ]
      }
    ],
    "gaps": [],
    "assumptions": [
      "The request without a body is sent by a client that will send it again"
    ],
    "recommended_checks": [
      "Which client sends the requests without a body"
    ],
    "at": "2025-12-16T06:10:05.02Z"
  },
  "superseded": 0,
  "versions": [],
  "mitigation": {
    "immediate": [],
    "no_immediate_action": "There is no earlier version to go back to, and valid requests are served.",
    "avoid": [
      {
        "action": "Raise the memory or the timeout",
        "why": "The handler fails in 3 ms with 78 of 128 MB used."
      }
    ],
    "follow_up": [
      {
        "title": "Deploy a handler that validates the body",
        "kind": "code_change",
        "temporary": false,
        "phases": {
          "prepare": [],
          "pre_validate": [],
          "apply": [
            {
              "text": "Upload the package.",
              "command": "aws lambda update-function-code --function-name user-profile-service --zip-file fileb://function.zip",
              "expected": "LastUpdateStatus is Successful"
            }
          ],
          "post_validate": [],
          "rollback": []
        },
        "risk": "Clients see 400 where they saw 502."
      }
    ],
    "spec": {
      "context": "index.js parses event.body without a check.",
      "files": [
        "index.js"
      ],
      "requirements": [
        "WHEN a request has no body THE SYSTEM SHALL answer 400."
      ],
      "acceptance": [
        "An invocation with a null body returns statusCode 400."
      ]
    },
    "prevention": [
      "Validate requests in API Gateway."
    ],
    "at": "2025-12-16T06:10:09.22Z"
  },
  "gaps": [],
  "remarks": [],
  "findings": [],
  "evidence": [
    {
      "id": "E1",
      "tool": "summarize_logs",
      "arguments": {
        "log_group": "/aws/lambda/user-profile-service"
      },
      "outcome": "found",
      "detail": null,
      "denied_action": null,
      "brief": "12 lines, 3 exceptions: TypeError: Cannot read properties of null (reading 'user')",
      "command": "aws logs filter-log-events --log-group-name /aws/lambda/user-profile-service --start-time 1765860360000 --end-time 1765865400000",
      "taken_at": "2025-12-16T06:10:00Z",
      "elapsed_ms": 38
    },
    {
      "id": "E2",
      "tool": "read_function_code",
      "arguments": {
        "function": "user-profile-service"
      },
      "outcome": "found",
      "detail": null,
      "denied_action": null,
      "brief": "found",
      "command": "aws lambda get-function --function-name user-profile-service --query Code.Location",
      "taken_at": "2025-12-16T06:10:00Z",
      "elapsed_ms": 38
    },
    {
      "id": "E3",
      "tool": "list_changes",
      "arguments": {
        "resource": "user-profile-service"
      },
      "outcome": "no_data",
      "detail": null,
      "denied_action": null,
      "brief": "no data",
      "command": "aws cloudtrail lookup-events --lookup-attributes AttributeKey=ResourceName,AttributeValue=user-profile-service",
      "taken_at": "2025-12-16T06:10:00Z",
      "elapsed_ms": 38
    }
  ],
  "notes": [],
  "questions": []
}
"#);
}

#[test]
fn a_partial_report() {
    insta::assert_snapshot!(render(&report(&cases::partial())).unwrap(), @r#"
{
  "format": 1,
  "id": "019b25d0-7a11-7c30-9d5e-2f1f00000001",
  "model": "playbook",
  "models": [
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
  ],
  "language_model": true,
  "status": "partial",
  "reason": "the time limit of 5 min is reached",
  "verdict": null,
  "confidence": null,
  "confidence_because": [],
  "elapsed_ms": 36400,
  "turns": 1,
  "tool_calls": 2,
  "refused_calls": 1,
  "budget": {
    "turns": 12,
    "tool_calls": null,
    "tokens": null,
    "time_ms": 300000,
    "cost_usd": 0.5
  },
  "usage": {
    "input_tokens": 9000,
    "output_tokens": 300,
    "cache_read_tokens": 0,
    "cache_write_tokens": 0,
    "cost_usd": null
  },
  "questions_spent": {
    "elapsed_ms": 0,
    "turns": 0,
    "tool_calls": 0,
    "usage": {
      "input_tokens": 0,
      "output_tokens": 0,
      "cache_read_tokens": 0,
      "cache_write_tokens": 0,
      "cost_usd": 0.0
    }
  },
  "trigger": {
    "kind": "question",
    "text": "Why does order-processing-service fail since 01:38 UTC?"
  },
  "scope": {
    "account": "111122223333",
    "region": "us-east-1",
    "now": "2025-12-16T06:10:00Z",
    "alarm": "lambda-order-processing-service-errors",
    "subjects": [
      {
        "kind": "lambda_function",
        "name": "order-processing-service"
      }
    ],
    "window": {
      "start": "2025-12-16T04:46:00Z",
      "end": "2025-12-16T06:10:00Z"
    },
    "baseline": {
      "start": "2025-12-15T04:46:00Z",
      "end": "2025-12-15T06:10:00Z"
    },
    "period_s": 60,
    "first_breach": "2025-12-16T05:45:00Z",
    "recovered_at": null,
    "notes": []
  },
  "scenario": null,
  "program": "0.1.0",
  "language": "en-GB",
  "opened_at": "2025-12-16T06:10:00Z",
  "root_cause": null,
  "superseded": 0,
  "versions": [],
  "mitigation": null,
  "gaps": [
    {
      "missing": "the root cause",
      "why": "the time limit of 5 min is reached; the evidence below was collected, and nobody has concluded from it",
      "how_to_close": "resume with a larger budget, or with --model playbook, which costs nothing",
      "on_the_chain": false,
      "evidence": []
    },
    {
      "missing": "E2 get_metrics Errors, Duration",
      "why": "failed: Throttling: Rate exceeded, after 5 attempts",
      "how_to_close": "run the command of E2 again, or resume",
      "on_the_chain": false,
      "evidence": [
        "E2"
      ]
    }
  ],
  "remarks": [],
  "findings": [
    {
      "at": "2025-12-16T06:10:35.3Z",
      "kind": "hypothesis",
      "text": "Memory runs out while an order is built",
      "evidence": [
        "E1"
      ],
      "by": "model"
    }
  ],
  "evidence": [
    {
      "id": "E1",
      "tool": "summarize_logs",
      "arguments": {
        "log_group": "/aws/lambda/order-processing-service"
      },
      "outcome": "found",
      "detail": null,
      "denied_action": null,
      "brief": "12 lines, 3 exceptions: TypeError: Cannot read properties of null (reading 'user')",
      "command": "aws logs filter-log-events --log-group-name /aws/lambda/order-processing-service",
      "taken_at": "2025-12-16T06:10:00Z",
      "elapsed_ms": 38
    },
    {
      "id": "E2",
      "tool": "get_metrics",
      "arguments": {
        "metrics": [
          {
            "namespace": "AWS/Lambda",
            "name": "Errors"
          },
          {
            "namespace": "AWS/Lambda",
            "name": "Duration"
          }
        ]
      },
      "outcome": "failed",
      "detail": "Throttling: Rate exceeded, after 5 attempts",
      "denied_action": null,
      "brief": "failed: Throttling: Rate exceeded, after 5 attempts",
      "command": "aws cloudwatch get-metric-data --metric-data-queries file://queries.json",
      "taken_at": "2025-12-16T06:10:00Z",
      "elapsed_ms": 38
    }
  ],
  "notes": [
    {
      "note": "interrupted",
      "at": "2025-12-16T06:10:35.4Z"
    },
    {
      "note": "resumed",
      "at": "2025-12-16T07:10:35.4Z"
    },
    {
      "note": "compacted",
      "at": "2025-12-16T07:10:35.4Z",
      "evidence": 1,
      "reason": "150,000 tokens, of a window of 128,000"
    },
    {
      "note": "degraded",
      "at": "2025-12-16T07:10:36.4Z",
      "from": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
      "to": "playbook",
      "reason": "the service is not available"
    }
  ],
  "questions": []
}
"#);
}

#[test]
fn a_report_without_enough_evidence() {
    insta::assert_snapshot!(render(&report(&cases::insufficient())).unwrap(), @r#"
{
  "format": 1,
  "id": "019b25d0-7a11-7c30-9d5e-2f1f00000001",
  "model": "playbook",
  "models": [
    "playbook"
  ],
  "language_model": false,
  "status": "complete",
  "reason": null,
  "verdict": "insufficient_evidence",
  "confidence": "low",
  "confidence_because": [
    "the evidence does not suffice for a cause",
    "1 of 1 links is inference"
  ],
  "elapsed_ms": 35,
  "turns": 1,
  "tool_calls": 3,
  "refused_calls": 0,
  "budget": {
    "turns": null,
    "tool_calls": null,
    "tokens": null,
    "time_ms": null,
    "cost_usd": null
  },
  "usage": {
    "input_tokens": 0,
    "output_tokens": 0,
    "cache_read_tokens": 0,
    "cache_write_tokens": 0,
    "cost_usd": 0.0
  },
  "questions_spent": {
    "elapsed_ms": 0,
    "turns": 0,
    "tool_calls": 0,
    "usage": {
      "input_tokens": 0,
      "output_tokens": 0,
      "cache_read_tokens": 0,
      "cache_write_tokens": 0,
      "cost_usd": 0.0
    }
  },
  "trigger": {
    "kind": "latest_alarm"
  },
  "scope": {
    "account": "111122223333",
    "region": "us-east-1",
    "now": "2025-12-16T06:10:00Z",
    "alarm": "lambda-notification-service-errors",
    "subjects": [
      {
        "kind": "lambda_function",
        "name": "notification-service"
      }
    ],
    "window": {
      "start": "2025-12-16T04:46:00Z",
      "end": "2025-12-16T06:10:00Z"
    },
    "baseline": {
      "start": "2025-12-15T04:46:00Z",
      "end": "2025-12-15T06:10:00Z"
    },
    "period_s": 60,
    "first_breach": "2025-12-16T05:45:00Z",
    "recovered_at": null,
    "notes": []
  },
  "scenario": "denied-logs",
  "program": "0.1.0",
  "language": "ja-JP",
  "opened_at": "2025-12-16T06:10:00Z",
  "root_cause": {
    "verdict": "insufficient_evidence",
    "category": "unknown",
    "title": "The logs of notification-service may not be read",
    "summary": "エラーの内容を確認できません。ログの読み取りが拒否されたため、原因を特定できませんでした。",
    "components": [],
    "location": null,
    "onset": null,
    "trigger": null,
    "chain": [
      {
        "statement": "A host name may not resolve.",
        "at": null,
        "inference": true,
        "citations": [
          {
            "evidence": "E1",
            "quote": "ENOTFOUND `db`\u0007",
            "verified": false,
            "line": null,
            "refused": "E1 does not hold these words"
          }
        ]
      }
    ],
    "ruled_out": [],
    "gaps": [
      {
        "missing": "the logs of notification-service",
        "why": "logs:FilterLogEvents is denied",
        "how_to_close": "allow logs:FilterLogEvents",
        "on_the_chain": true,
        "evidence": []
      },
      {
        "missing": "E3 list_secrets notification",
        "why": "拒否: User: arn:aws:sts::111122223333:assumed-role/ro/\u001b[31mx\u202e is not authorized",
        "how_to_close": "このプログラムのロールに secretsmanager:ListSecrets を許可し、再開する",
        "on_the_chain": false,
        "evidence": [
          "E3"
        ]
      }
    ],
    "assumptions": [],
    "recommended_checks": [],
    "at": "2025-12-16T06:10:00.035Z"
  },
  "superseded": 0,
  "versions": [],
  "mitigation": {
    "immediate": [
      {
        "title": "Go back one version",
        "kind": "rollback",
        "temporary": true,
        "rollback_to": "11",
        "unverified": "no evidence shows version 11 to be healthy",
        "phases": {
          "prepare": [
            {
              "text": "Find the version before.",
              "command": "aws lambda list-versions-by-function --function-name notification-service"
            }
          ],
          "pre_validate": [],
          "apply": [
            {
              "text": "Point the alias to it.",
              "command": "echo 'a\n```\nb'"
            }
          ],
          "post_validate": [],
          "rollback": []
        },
        "risk": "It may fail in the same way."
      }
    ],
    "no_immediate_action": null,
    "avoid": [],
    "follow_up": [],
    "spec": null,
    "prevention": [],
    "at": "2025-12-16T06:10:00.035Z"
  },
  "gaps": [
    {
      "missing": "the logs of notification-service",
      "why": "logs:FilterLogEvents is denied",
      "how_to_close": "allow logs:FilterLogEvents",
      "on_the_chain": true,
      "evidence": []
    },
    {
      "missing": "E3 list_secrets notification",
      "why": "拒否: User: arn:aws:sts::111122223333:assumed-role/ro/\u001b[31mx\u202e is not authorized",
      "how_to_close": "このプログラムのロールに secretsmanager:ListSecrets を許可し、再開する",
      "on_the_chain": false,
      "evidence": [
        "E3"
      ]
    }
  ],
  "remarks": [
    "chain[0]: let pass after two repairs"
  ],
  "findings": [],
  "evidence": [
    {
      "id": "E1",
      "tool": "summarize_logs",
      "arguments": {
        "log_group": "/aws/lambda/notification-service"
      },
      "outcome": "denied",
      "detail": "User: arn:aws:sts::111122223333:assumed-role/ro/\u001b[31mx\u202e is not authorized",
      "denied_action": "logs:FilterLogEvents",
      "brief": "拒否: logs:FilterLogEvents",
      "command": "aws logs filter-log-events --log-group-name /aws/lambda/notification-service",
      "taken_at": "2025-12-16T06:10:00Z",
      "elapsed_ms": 38
    },
    {
      "id": "E2",
      "tool": "search_logs",
      "arguments": {
        "log_group": "/aws/lambda/notification-service"
      },
      "outcome": "denied",
      "detail": "User: arn:aws:sts::111122223333:assumed-role/ro/\u001b[31mx\u202e is not authorized",
      "denied_action": "logs:FilterLogEvents",
      "brief": "拒否: logs:FilterLogEvents",
      "command": "aws logs filter-log-events --log-group-name /aws/lambda/notification-service",
      "taken_at": "2025-12-16T06:10:00Z",
      "elapsed_ms": 38
    },
    {
      "id": "E3",
      "tool": "list_secrets",
      "arguments": {
        "prefix": "notification"
      },
      "outcome": "denied",
      "detail": "User: arn:aws:sts::111122223333:assumed-role/ro/\u001b[31mx\u202e is not authorized",
      "denied_action": "secretsmanager:ListSecrets",
      "brief": "拒否: secretsmanager:ListSecrets",
      "command": "aws secretsmanager list-secrets --filters Key=name,Values=notification",
      "taken_at": "2025-12-16T06:10:00Z",
      "elapsed_ms": 38
    }
  ],
  "notes": [],
  "questions": []
}
"#);
}

#[test]
fn the_keys_of_the_contract_are_there_even_in_an_empty_report() {
    let json: Value = serde_json::from_str(&render(&report(&[])).unwrap()).unwrap();
    for key in [
        "id",
        "model",
        "verdict",
        "confidence",
        "elapsed_ms",
        "turns",
        "tool_calls",
        "usage",
        "root_cause",
        "mitigation",
        "evidence",
    ] {
        assert!(json.get(key).is_some(), "{key}");
    }
    for key in ["input_tokens", "output_tokens", "cost_usd"] {
        assert!(json["usage"].get(key).is_some(), "{key}");
    }
    let required = schema()["required"].as_array().unwrap().len();
    assert_eq!(required, json.as_object().unwrap().len(), "the schema requires every key");
}

fn written() -> String {
    format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap())
}

#[test]
fn the_published_schema_is_that_of_the_code() {
    let published = std::fs::read_to_string(PUBLISHED).unwrap_or_default();
    assert!(
        published == written(),
        "docs/report.schema.json is out of date; write it anew: cargo test -p marple-report write_the_schema -- --ignored"
    );
}

#[test]
#[ignore = "writes docs/report.schema.json"]
fn write_the_schema() {
    std::fs::write(PUBLISHED, written()).unwrap();
}

#[test]
fn versions_and_answers_are_part_of_the_contract() {
    let document: serde_json::Value = serde_json::from_str(&render(&report(&cases::chat())).unwrap()).unwrap();
    let versions = document["versions"].as_array().unwrap();
    let titles: Vec<&str> = versions.iter().filter_map(|version| version["root_cause"]["title"].as_str()).collect();
    assert_eq!((titles.len(), titles[1]), (2, "The gateway drops the body"));
    assert_eq!((&versions[1]["version"], &versions[1]["model"]), (&2.into(), &"second-model".into()));
    let citations = &document["questions"][0]["citations"];
    assert_eq!((&citations[0]["verified"], &citations[1]["refused"]), (&true.into(), &"not there".into()));
    assert_eq!(document["questions"][1]["answer"], serde_json::Value::Null);
}
