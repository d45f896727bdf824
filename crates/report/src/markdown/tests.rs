#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
use super::*;
use crate::cases::{self, report};

#[test]
fn a_complete_report() {
    insta::assert_snapshot!(render(&report(&cases::complete())), @r#"
# POST /api/profile without a body crashes user-profile-service

**FAULT, confidence high**

- all 2 links are cited and verified
- 1 rival is ruled out with evidence

## Summary

The handler parses event.body without a check. For a request without a body that gives null, and reading .user of it throws. Each such request fails with a 502; all others are served.

- **Onset**: `2025-12-16T05:45:37Z`
- **Trigger**: a POST /api/profile without a body
- **Components**: `user-profile-service`
- **Location**: `index.js:4:29` (read in the source)
- **Category**: `code_defect`

## Why it happened

1. The handler reads .user of the parsed body without a check.
   - [E2](#e2): `4 | const name = JSON.parse(event.body).user.name`
2. `2025-12-16T05:45:37Z` A request without a body makes it throw.
   - [E1](#e1): `TypeError: Cannot read properties of null (reading 'user')`
   - [E2](#e2): `JSON.parse(event.body)`

## Ruled out

- **A recent deployment broke it**: Nothing was changed in the 72 hours before.
  - [E3](#e3): `no write event of CloudTrail names user-profile-service`

## Taken for granted, without evidence

- The request without a body is sent by a client that will send it again

## Mitigation: Now

**Nothing to do at once**: There is no earlier version to go back to, and valid requests are served.

## Mitigation: What not to do

- **Raise the memory or the timeout**: The handler fails in 3 ms with 78 of 128 MB used.

## Mitigation: Afterwards

### Deploy a handler that validates the body

_code change_

- **risk**: Clients see 400 where they saw 502.

**apply**

1. Upload the package.

   ```sh
   aws lambda update-function-code --function-name user-profile-service --zip-file fileb://function.zip
   ```

   - expected: LastUpdateStatus is Successful

## Specification for the code change

index.js parses event.body without a check.

**files**: `index.js`

**requirements**

- WHEN a request has no body THE SYSTEM SHALL answer 400.

**acceptance**

- An invocation with a null body returns statusCode 400.

## Prevention

- Validate requests in API Gateway.

## Look at next

- Which client sends the requests without a body

## Investigation

- **Asked**: alarm lambda-user-profile-service-errors
- **Region**: `us-east-1`
- **Window**: `2025-12-16T04:46:00Z – 2025-12-16T06:10:00Z`
- **Scenario**: `lambda-type-error`
- **Model**: `us.anthropic.claude-sonnet-4-5-20250929-v1:0`
- **Used**: 2 model turns, 3 tool calls
- **Tokens**: 28,000 in, 1,280 out (22,000 read from the cache)
- **Cost**: \$0.0350
- **Time**: 9.2 s
- **ID**: `019b25d0-7a11-7c30-9d5e-2f1f00000001`
- **Program**: `marple 0.1.0`

## Evidence

### E1

- **tool**: `summarize_logs`
- **arguments**: `{"log_group":"/aws/lambda/user-profile-service"}`
- **outcome**: 12 lines, 3 exceptions: TypeError: Cannot read properties of null (reading 'user')
- **taken**: `2025-12-16T06:10:00Z`

```sh
aws logs filter-log-events --log-group-name /aws/lambda/user-profile-service --start-time 1765860360000 --end-time 1765865400000
```

### E2

- **tool**: `read_function_code`
- **arguments**: `{"function":"user-profile-service"}`
- **outcome**: found
- **taken**: `2025-12-16T06:10:00Z`

```sh
aws lambda get-function --function-name user-profile-service --query Code.Location
```

### E3

- **tool**: `list_changes`
- **arguments**: `{"resource":"user-profile-service"}`
- **outcome**: no data
- **taken**: `2025-12-16T06:10:00Z`

```sh
aws cloudtrail lookup-events --lookup-attributes AttributeKey=ResourceName,AttributeValue=user-profile-service
```
"#);
}

#[test]
fn a_partial_report() {
    insta::assert_snapshot!(render(&report(&cases::partial())), @r#"
# Why does order-processing-service fail since 01:38 UTC?

**NO VERDICT**

> **Partial report**: the time limit of 5 min is reached

## What was not seen

- **the root cause**
  - why: the time limit of 5 min is reached; the evidence below was collected, and nobody has concluded from it
  - to close: resume with a larger budget, or with --model playbook, which costs nothing
- **E2 get_metrics Errors, Duration**
  - why: failed: Throttling: Rate exceeded, after 5 attempts
  - to close: run the command of E2 again, or resume ([E2](#e2))

## Findings so far

- hypothesis: Memory runs out while an order is built (E1)

## Course of the investigation

- 2025-12-16T06:10:35.4Z interrupted by a person
- 2025-12-16T07:10:35.4Z resumed
- 2025-12-16T07:10:35.4Z the model was shown less from here on, 1 pieces of evidence by their beginning: 150,000 tokens, of a window of 128,000
- 2025-12-16T07:10:36.4Z us.anthropic.claude-sonnet-4-5-20250929-v1:0 was left for playbook: the service is not available

## Investigation

- **Asked**: Why does order-processing-service fail since 01:38 UTC?
- **Region**: `us-east-1`
- **Window**: `2025-12-16T04:46:00Z – 2025-12-16T06:10:00Z`
- **Model**: `us.anthropic.claude-sonnet-4-5-20250929-v1:0`
- **Used**: 1 model turn of 12, 2 tool calls, 1 refused
- **Tokens**: 9,000 in, 300 out
- **Cost**: unknown of \$0.50
- **Time**: 36.4 s of 5 min 00 s
- **ID**: `019b25d0-7a11-7c30-9d5e-2f1f00000001`
- **Program**: `marple 0.1.0`

## Evidence

### E1

- **tool**: `summarize_logs`
- **arguments**: `{"log_group":"/aws/lambda/order-processing-service"}`
- **outcome**: 12 lines, 3 exceptions: TypeError: Cannot read properties of null (reading 'user')
- **taken**: `2025-12-16T06:10:00Z`

```sh
aws logs filter-log-events --log-group-name /aws/lambda/order-processing-service
```

### E2

- **tool**: `get_metrics`
- **arguments**: `{"metrics":[{"namespace":"AWS/Lambda","name":"Errors"},{"namespace":"AWS/Lambda","name":"Duration"}]}`
- **outcome**: **failed**: Throttling: Rate exceeded, after 5 attempts
- **taken**: `2025-12-16T06:10:00Z`

```sh
aws cloudwatch get-metric-data --metric-data-queries file://queries.json
```
"#);
}

#[test]
fn a_report_without_enough_evidence() {
    insta::assert_snapshot!(render(&report(&cases::insufficient())), @r#"
# The logs of notification-service may not be read

**証拠不足, 確度 低**

- 原因を断定できる証拠が足りない
- 推論 1 項目 (全 1 項目中)

> 言語モデルは使われていません: プレイブックによる報告です

## 概要

エラーの内容を確認できません。ログの読み取りが拒否されたため、原因を特定できませんでした。

- **発生時刻**: 不明
- **分類**: `unknown`

## 原因の連鎖

1. **推論** A host name may not resolve.
   - [E1](#e1): ``ENOTFOUND `db`\x07`` **未検証**: E1 does not hold these words

## 確認できなかったこと

- **the logs of notification-service** **連鎖に影響**
  - 理由: logs:FilterLogEvents is denied
  - 解消方法: allow logs:FilterLogEvents
- **E3 list_secrets notification**
  - 理由: 拒否: User: arn:aws:sts::111122223333:assumed-role/ro/\\x1b\[31mx\\u{202e} is not authorized
  - 解消方法: このプログラムのロールに secretsmanager:ListSecrets を許可し、再開する ([E3](#e3))

## 検証の注記

- chain\[0\]: let pass after two repairs

## 対処: 今すぐ

### Go back one version

_ロールバック, 一時的_

- **未検証**: no evidence shows version 11 to be healthy
- **戻し先**: `11`
- **リスク**: It may fail in the same way.

**準備**

1. Find the version before.

   ```sh
   aws lambda list-versions-by-function --function-name notification-service
   ```

**実施**

1. Point the alias to it.

   ````sh
   echo 'a
   ```
   b'
   ````

## 調査

- **依頼**: 最新のアラーム
- **リージョン**: `us-east-1`
- **期間**: `2025-12-16T04:46:00Z – 2025-12-16T06:10:00Z`
- **シナリオ**: `denied-logs`
- **モデル**: `playbook`
- **使用量**: モデル応答 1 回, ツール呼び出し 3 回
- **トークン**: 入力 0、出力 0
- **費用**: \$0
- **時間**: 35 ms
- **ID**: `019b25d0-7a11-7c30-9d5e-2f1f00000001`
- **プログラム**: `marple 0.1.0`

## 証拠

### E1

- **ツール**: `summarize_logs`
- **引数**: `{"log_group":"/aws/lambda/notification-service"}`
- **結果**: **拒否**: User: arn:aws:sts::111122223333:assumed-role/ro/\\x1b\[31mx\\u{202e} is not authorized
- **取得時刻**: `2025-12-16T06:10:00Z`

```sh
aws logs filter-log-events --log-group-name /aws/lambda/notification-service
```

### E2

- **ツール**: `search_logs`
- **引数**: `{"log_group":"/aws/lambda/notification-service"}`
- **結果**: **拒否**: User: arn:aws:sts::111122223333:assumed-role/ro/\\x1b\[31mx\\u{202e} is not authorized
- **取得時刻**: `2025-12-16T06:10:00Z`

```sh
aws logs filter-log-events --log-group-name /aws/lambda/notification-service
```

### E3

- **ツール**: `list_secrets`
- **引数**: `{"prefix":"notification"}`
- **結果**: **拒否**: User: arn:aws:sts::111122223333:assumed-role/ro/\\x1b\[31mx\\u{202e} is not authorized
- **取得時刻**: `2025-12-16T06:10:00Z`

```sh
aws secretsmanager list-secrets --filters Key=name,Values=notification
```
"#);
}
