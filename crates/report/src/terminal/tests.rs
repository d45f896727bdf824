#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
use unicode_width::UnicodeWidthStr;

use super::*;
use crate::cases::{self, report};

fn plain(entries: &[marple_case::Entry], width: usize) -> String {
    render(&report(entries), width, &Style::plain())
}

#[test]
fn a_complete_report_reads_on_a_phone() {
    insta::assert_snapshot!(plain(&cases::complete(), 44), @r#"
FAULT  confidence high
- all 2 links are cited and verified
- 1 rival is ruled out with evidence

POST /api/profile without a body crashes
user-profile-service

The handler parses event.body without a
check. For a request without a body that
gives null, and reading .user of it throws.
Each such request fails with a 502; all
others are served.

Onset       2025-12-16T05:45:37Z
Trigger     a POST /api/profile without a
            body
Components  user-profile-service
Location    index.js:4:29 (read in the
            source)
Category    code_defect

Why it happened
1. The handler reads .user of the parsed
   body without a check.
   E2 "4 | const name =
      JSON.parse(event.body).user.name"
      aws lambda get-function \
        --function-name user-profile-service \
        --query Code.Location
2. 2025-12-16T05:45:37Z
   A request without a body makes it throw.
   E1 "TypeError: Cannot read properties of
      null (reading 'user')"
      aws logs filter-log-events \
        --log-group-name /aws/lambda/user-profile-service \
        --start-time 1765860360000 \
        --end-time 1765865400000
   E2 "JSON.parse(event.body)"
      command: above

Ruled out
- A recent deployment broke it
  Nothing was changed in the 72 hours
  before.
   E3 "no write event of CloudTrail names
      user-profile-service"

Taken for granted, without evidence
- The request without a body is sent by a
  client that will send it again

Mitigation: Now
Nothing to do at once: There is no earlier
  version to go back to, and valid requests
  are served.

Mitigation: What not to do
- Raise the memory or the timeout
  why: The handler fails in 3 ms with 78 of
       128 MB used.

Mitigation: Afterwards
1. Deploy a handler that validates the body
   code change
   apply
   - Upload the package.
     aws lambda update-function-code \
       --function-name user-profile-service \
       --zip-file fileb://function.zip
     expected: LastUpdateStatus is
               Successful
   risk: Clients see 400 where they saw 502.

Specification for the code change
index.js parses event.body without a check.
files: index.js
requirements:
- WHEN a request has no body THE SYSTEM
  SHALL answer 400.
acceptance:
- An invocation with a null body returns
  statusCode 400.

Prevention
- Validate requests in API Gateway.

Look at next
- Which client sends the requests without a
  body

Investigation
019b25d0-7a11-7c30-9d5e-2f1f00000001
Model     us.anthropic.claude-sonnet-4-5-202
          50929-v1:0
Used      2 model turns, 3 tool calls
Tokens    28,000 in, 1,280 out (22,000 read
          from the cache)
Cost      $0.0350
Time      9.2 s
Scenario  lambda-type-error
read again:
  marple show 019b25d0-7a11-7c30-9d5e-2f1f00000001
ask about it:
  marple chat 019b25d0-7a11-7c30-9d5e-2f1f00000001
"#);
}

#[test]
fn a_complete_report_reads_on_a_wide_screen() {
    insta::assert_snapshot!(plain(&cases::complete(), 100), @r#"
FAULT  confidence high
- all 2 links are cited and verified
- 1 rival is ruled out with evidence

POST /api/profile without a body crashes user-profile-service

The handler parses event.body without a check. For a request without a body that gives null, and
reading .user of it throws. Each such request fails with a 502; all others are served.

Onset       2025-12-16T05:45:37Z
Trigger     a POST /api/profile without a body
Components  user-profile-service
Location    index.js:4:29 (read in the source)
Category    code_defect

Why it happened
1. The handler reads .user of the parsed body without a check.
   E2 "4 | const name = JSON.parse(event.body).user.name"
      aws lambda get-function --function-name user-profile-service --query Code.Location
2. 2025-12-16T05:45:37Z
   A request without a body makes it throw.
   E1 "TypeError: Cannot read properties of null (reading 'user')"
      aws logs filter-log-events --log-group-name /aws/lambda/user-profile-service \
        --start-time 1765860360000 --end-time 1765865400000
   E2 "JSON.parse(event.body)"
      command: above

Ruled out
- A recent deployment broke it
  Nothing was changed in the 72 hours before.
   E3 "no write event of CloudTrail names user-profile-service"

Taken for granted, without evidence
- The request without a body is sent by a client that will send it again

Mitigation: Now
Nothing to do at once: There is no earlier version to go back to, and valid requests are served.

Mitigation: What not to do
- Raise the memory or the timeout
  why: The handler fails in 3 ms with 78 of 128 MB used.

Mitigation: Afterwards
1. Deploy a handler that validates the body
   code change
   apply
   - Upload the package.
     aws lambda update-function-code --function-name user-profile-service \
       --zip-file fileb://function.zip
     expected: LastUpdateStatus is Successful
   risk: Clients see 400 where they saw 502.

Specification for the code change
index.js parses event.body without a check.
files: index.js
requirements:
- WHEN a request has no body THE SYSTEM SHALL answer 400.
acceptance:
- An invocation with a null body returns statusCode 400.

Prevention
- Validate requests in API Gateway.

Look at next
- Which client sends the requests without a body

Investigation
019b25d0-7a11-7c30-9d5e-2f1f00000001
Model     us.anthropic.claude-sonnet-4-5-20250929-v1:0
Used      2 model turns, 3 tool calls
Tokens    28,000 in, 1,280 out (22,000 read from the cache)
Cost      $0.0350
Time      9.2 s
Scenario  lambda-type-error
read again:
  marple show 019b25d0-7a11-7c30-9d5e-2f1f00000001
ask about it:
  marple chat 019b25d0-7a11-7c30-9d5e-2f1f00000001
"#);
}

#[test]
fn a_partial_report_shows_what_is_known_on_a_phone() {
    insta::assert_snapshot!(plain(&cases::partial(), 44), @r#"
NO VERDICT
Partial report: the time limit of 5 min is
  reached

Asked       Why does
            order-processing-service fail
            since 01:38 UTC?
Components  order-processing-service
Window      2025-12-16T04:46:00Z –
            2025-12-16T06:10:00Z

What was not seen
- the root cause
  why: the time limit of 5 min is reached;
       the evidence below was collected, and
       nobody has concluded from it
  to close: resume with a larger budget, or
            with --model playbook, which
            costs nothing
- E2 get_metrics Errors, Duration
  why: failed: Throttling: Rate exceeded,
       after 5 attempts
  to close: run the command of E2 again, or
            resume
    aws cloudwatch get-metric-data \
      --metric-data-queries file://queries.json

Findings so far
- hypothesis: Memory runs out while an order
              is built [E1]

Evidence
E1 summarize_logs
   /aws/lambda/order-processing-service: 12
   lines, 3 exceptions: TypeError: Cannot
   read properties of null (reading 'user')
   aws logs filter-log-events \
     --log-group-name /aws/lambda/order-processing-service
E2 get_metrics Errors, Duration: failed:
   Throttling: Rate exceeded, after 5
   attempts
   aws cloudwatch get-metric-data \
     --metric-data-queries file://queries.json

Course of the investigation
- 2025-12-16T06:10:35.4Z interrupted by a
  person
- 2025-12-16T07:10:35.4Z resumed
- 2025-12-16T07:10:35.4Z the model was shown
  less from here on, 1 pieces of evidence by
  their beginning: 150,000 tokens, of a
  window of 128,000
- 2025-12-16T07:10:36.4Z
  us.anthropic.claude-sonnet-4-5-20250929-v1
  :0 was left for playbook: the service is
  not available

Investigation
019b25d0-7a11-7c30-9d5e-2f1f00000001
Model   us.anthropic.claude-sonnet-4-5-20250
        929-v1:0
Used    1 model turn of 12, 2 tool calls, 1
        refused
Tokens  9,000 in, 300 out
Cost    unknown of $0.50
Time    36.4 s of 5 min 00 s
read again:
  marple show 019b25d0-7a11-7c30-9d5e-2f1f00000001
ask about it:
  marple chat 019b25d0-7a11-7c30-9d5e-2f1f00000001
continue it:
  marple resume 019b25d0-7a11-7c30-9d5e-2f1f00000001
"#);
}

#[test]
fn a_partial_report_shows_what_is_known_on_a_wide_screen() {
    insta::assert_snapshot!(plain(&cases::partial(), 100), @r#"
NO VERDICT
Partial report: the time limit of 5 min is reached

Asked       Why does order-processing-service fail since 01:38 UTC?
Components  order-processing-service
Window      2025-12-16T04:46:00Z – 2025-12-16T06:10:00Z

What was not seen
- the root cause
  why: the time limit of 5 min is reached; the evidence below was collected, and nobody has
       concluded from it
  to close: resume with a larger budget, or with --model playbook, which costs nothing
- E2 get_metrics Errors, Duration
  why: failed: Throttling: Rate exceeded, after 5 attempts
  to close: run the command of E2 again, or resume
    aws cloudwatch get-metric-data --metric-data-queries file://queries.json

Findings so far
- hypothesis: Memory runs out while an order is built [E1]

Evidence
E1 summarize_logs /aws/lambda/order-processing-service: 12 lines, 3 exceptions: TypeError: Cannot
   read properties of null (reading 'user')
   aws logs filter-log-events --log-group-name /aws/lambda/order-processing-service
E2 get_metrics Errors, Duration: failed: Throttling: Rate exceeded, after 5 attempts
   aws cloudwatch get-metric-data --metric-data-queries file://queries.json

Course of the investigation
- 2025-12-16T06:10:35.4Z interrupted by a person
- 2025-12-16T07:10:35.4Z resumed
- 2025-12-16T07:10:35.4Z the model was shown less from here on, 1 pieces of evidence by their
  beginning: 150,000 tokens, of a window of 128,000
- 2025-12-16T07:10:36.4Z us.anthropic.claude-sonnet-4-5-20250929-v1:0 was left for playbook: the
  service is not available

Investigation
019b25d0-7a11-7c30-9d5e-2f1f00000001
Model   us.anthropic.claude-sonnet-4-5-20250929-v1:0
Used    1 model turn of 12, 2 tool calls, 1 refused
Tokens  9,000 in, 300 out
Cost    unknown of $0.50
Time    36.4 s of 5 min 00 s
read again:
  marple show 019b25d0-7a11-7c30-9d5e-2f1f00000001
ask about it:
  marple chat 019b25d0-7a11-7c30-9d5e-2f1f00000001
continue it:
  marple resume 019b25d0-7a11-7c30-9d5e-2f1f00000001
"#);
}

#[test]
fn a_report_without_enough_evidence_reads_on_a_phone() {
    insta::assert_snapshot!(plain(&cases::insufficient(), 44), @r#"
証拠不足  確度 低
- 原因を断定できる証拠が足りない
- 推論 1 項目 (全 1 項目中)
言語モデルは使われていません: プレイブックに
よる報告です

The logs of notification-service may not be
read

エラーの内容を確認できません。ログの読み取り
が拒否されたため、原因を特定できませんでし
た。

発生時刻  不明
分類      unknown

原因の連鎖
1. 推論
   A host name may not resolve.
   E1 "ENOTFOUND `db`\x07"
      未検証 E1 does not hold these words
      aws logs filter-log-events \
        --log-group-name /aws/lambda/notification-service

確認できなかったこと
- the logs of notification-service
  連鎖に影響
  理由: logs:FilterLogEvents is denied
  解消方法: allow logs:FilterLogEvents
- E3 list_secrets notification
  理由: 拒否: User:
        arn:aws:sts::111122223333:assumed-ro
        le/ro/\x1b[31mx\u{202e} is not
        authorized
  解消方法: このプログラムのロールに
            secretsmanager:ListSecrets を許
            可し、再開する
    aws secretsmanager list-secrets \
      --filters Key=name,Values=notification

検証の注記
- chain[0]: let pass after two repairs

対処: 今すぐ
1. Go back one version
   ロールバック, 一時的
   未検証: no evidence shows version 11 to
           be healthy
   戻し先: 11
   準備
   - Find the version before.
     aws lambda list-versions-by-function \
       --function-name notification-service
   実施
   - Point the alias to it.
     echo 'a
     ```
     b'
   リスク: It may fail in the same way.

調査
019b25d0-7a11-7c30-9d5e-2f1f00000001
モデル    playbook
使用量    モデル応答 1 回, ツール呼び出し 3
          回
トークン  入力 0、出力 0
費用      $0
時間      35 ms
シナリオ  denied-logs
もう一度読む:
  marple show 019b25d0-7a11-7c30-9d5e-2f1f00000001
質問する:
  marple chat 019b25d0-7a11-7c30-9d5e-2f1f00000001
"#);
}

#[test]
fn a_report_without_enough_evidence_reads_on_a_wide_screen() {
    insta::assert_snapshot!(plain(&cases::insufficient(), 100), @r#"
証拠不足  確度 低
- 原因を断定できる証拠が足りない
- 推論 1 項目 (全 1 項目中)
言語モデルは使われていません: プレイブックによる報告です

The logs of notification-service may not be read

エラーの内容を確認できません。ログの読み取りが拒否されたため、原因を特定できませんでした。

発生時刻  不明
分類      unknown

原因の連鎖
1. 推論
   A host name may not resolve.
   E1 "ENOTFOUND `db`\x07"
      未検証 E1 does not hold these words
      aws logs filter-log-events --log-group-name /aws/lambda/notification-service

確認できなかったこと
- the logs of notification-service
  連鎖に影響
  理由: logs:FilterLogEvents is denied
  解消方法: allow logs:FilterLogEvents
- E3 list_secrets notification
  理由: 拒否: User: arn:aws:sts::111122223333:assumed-role/ro/\x1b[31mx\u{202e} is not authorized
  解消方法: このプログラムのロールに secretsmanager:ListSecrets を許可し、再開する
    aws secretsmanager list-secrets --filters Key=name,Values=notification

検証の注記
- chain[0]: let pass after two repairs

対処: 今すぐ
1. Go back one version
   ロールバック, 一時的
   未検証: no evidence shows version 11 to be healthy
   戻し先: 11
   準備
   - Find the version before.
     aws lambda list-versions-by-function --function-name notification-service
   実施
   - Point the alias to it.
     echo 'a
     ```
     b'
   リスク: It may fail in the same way.

調査
019b25d0-7a11-7c30-9d5e-2f1f00000001
モデル    playbook
使用量    モデル応答 1 回, ツール呼び出し 3 回
トークン  入力 0、出力 0
費用      $0
時間      35 ms
シナリオ  denied-logs
もう一度読む:
  marple show 019b25d0-7a11-7c30-9d5e-2f1f00000001
質問する:
  marple chat 019b25d0-7a11-7c30-9d5e-2f1f00000001
"#);
}

#[test]
fn only_commands_are_wider_than_the_terminal() {
    for entries in [cases::complete(), cases::partial(), cases::insufficient()] {
        for width in [40, 44, 60, 100] {
            let page = plain(&entries, width);
            let wide = page.lines().filter(|line| line.width() > width);
            for line in wide {
                let line = line.trim_start();
                assert!(["aws ", "--", "marple "].iter().any(|start| line.starts_with(start)), "{width}: {line}");
            }
        }
    }
}

#[test]
fn colours_add_nothing_but_styles_and_close_on_their_line() {
    for entries in [cases::complete(), cases::insufficient()] {
        let coloured = render(&report(&entries), 60, &Style::colour());
        for line in coloured.lines().filter(|line| line.contains('\u{1b}')) {
            let last = line.rfind('\u{1b}').unwrap();
            assert!(line[last..].starts_with("\u{1b}[0m"), "{line:?}");
        }
        assert_eq!(crate::properties::without_styles(&coloured, &Style::colour()), plain(&entries, 60));
    }
}
