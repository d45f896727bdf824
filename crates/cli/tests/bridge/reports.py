"""What a good model answers in this scenario. Every quote is looked up in what the program showed."""

from conftest import Request

FUNCTION = "report-generator-service"
SPAN = {"start": "2025-12-14T00:00:00Z", "end": "2025-12-17T14:20:00Z"}


def use(tool: str, **arguments) -> dict:
    return {"toolUse": {"name": tool, "input": arguments}}


def questions() -> list:
    """Two calls at once: were there earlier timeouts, and does the metric agree?"""
    errors = {"namespace": "AWS/Lambda", "name": "Errors", "dimensions": {"FunctionName": FUNCTION}, "statistics": ["Sum"]}
    return [
        {"text": "The window holds one invocation; I look at the days before."},
        use("search_logs", log_group=f"/aws/lambda/{FUNCTION}", pattern='"Task timed out"', **SPAN),
        use("get_metrics", metrics=[errors], period_s=300, baseline=False, **SPAN),
    ]


def root_cause(request: Request, false_quote: str | None = None) -> dict:
    """The report; with `false_quote`, chain[1] cites words that nobody wrote."""
    code, function = request.evidence("read_function_code"), request.evidence("get_function")
    logs, alarm = request.evidence("summarize_logs"), request.evidence("describe_alarms")
    timeout = {"evidence": function.id, "quote": false_quote or "timeout: 5 s"}
    source = {"evidence": code.id, "quote": "await new Promise((resolve) => setTimeout(resolve, 30000));"}
    # One link has its time as the log line says it.
    died = logs.line("REPORT RequestId", "Status: timeout")
    return use(
        "report_root_cause",
        verdict="fault",
        category="timeout",
        title="report-generator-service waits 30 s and may run 5 s",
        summary="The handler waits 30 s before it answers; the function's timeout of 5 s ends it each time.",
        components=[{"kind": "lambda_function", "name": FUNCTION}],
        location={"file": "index.js", "line": 2, "seen_in": "source"},
        onset=died.split()[0],
        trigger="Each request: the wait has a fixed length.",
        chain=[
            {"statement": "The handler waits 30 s before it answers.", "citations": [source]},
            {"statement": "The function may run 5 s.", "citations": [timeout]},
            {"statement": "Lambda ended the invocation.", "at": died.split()[0], "citations": [{"evidence": logs.id, "quote": died}]},
            {"statement": "The alarm fired.", "citations": [alarm.quoted("2025-12-17", "OK -> ALARM")]},
        ],
        ruled_out=[
            {
                "hypothesis": "Memory ran out",
                "reason": "A quarter of it was used.",
                "citations": [{"evidence": logs.id, "quote": "Max Memory Used: 64 MB"}],
            }
        ],
        gaps=[],
        recommended_checks=[],
    )


def plan() -> dict:
    return use(
        "report_mitigation_plan",
        immediate=[],
        no_immediate_action="A longer timeout does not help: API Gateway stops waiting after 29 s.",
        follow_up=[
            {
                "title": "Take the wait out of the request's path",
                "kind": "code_change",
                "temporary": False,
                "phases": {
                    "prepare": [],
                    "pre_validate": [],
                    "apply": [{"text": "Queue the work and answer at once.", "expected": "an answer within 1 s"}],
                    "post_validate": [],
                    "rollback": [],
                },
                "risk": "Callers have to ask for the result.",
            }
        ],
        spec={
            "context": "index.js waits 30 s; the timeout is 5 s.",
            "files": ["index.js"],
            "requirements": ["WHEN a report is asked for, THE SYSTEM SHALL answer with 202 and do the work asynchronously."],
            "acceptance": ["The handler answers within 1 s."],
        },
        prevention=["Alarm on Duration at 80 % of the timeout."],
    )
