"""What boto3 and the AWS CLI see of the fixture world's logs, metrics and alarms; moto is a second opinion."""

import json
import time
from datetime import datetime, timedelta, timezone

import boto3
import botocore.exceptions
import pytest
from conftest import CREDENTIALS, REGION

ORDERS = "/aws/lambda/orders-api"
WEB = "/bookshop/web"
NOW = datetime(2025, 12, 16, 6, 10, tzinfo=timezone.utc)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def refused(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def messages(client, pattern: str, group: str = WEB, **arguments):
    pages = client("logs").get_paginator("filter_log_events").paginate(logGroupName=group, filterPattern=pattern, **arguments)
    return [event["message"] for page in pages for event in page["events"]]


# Logs


def test_a_paginator_goes_through_empty_pages_to_the_one_error(client):
    pages = list(client("logs").get_paginator("filter_log_events").paginate(logGroupName=ORDERS, filterPattern="TypeError"))
    assert [len(page["events"]) for page in pages] == [0, 0, 1]
    event = pages[-1]["events"][0]
    assert "index.js:4:29" in event["message"]
    assert ms(utc(2025, 12, 16, 5, 45, 37)) <= event["timestamp"] < event["ingestionTime"] <= ms(NOW)
    assert len(event["eventId"]) == 56 and event["eventId"].isdigit()


def test_small_pages_hold_what_one_big_page_holds(client):
    window = {"startTime": ms(NOW - timedelta(hours=3)), "logGroupName": ORDERS}
    whole = client("logs").filter_log_events(**window)["events"]
    pages = client("logs").get_paginator("filter_log_events").paginate(**window, PaginationConfig={"PageSize": 17})
    assert [event for page in pages for event in page["events"]] == whole
    assert len(whole) > 300


def test_a_stream_is_read_to_its_end(client):
    logs = client("logs")
    streams = logs.describe_log_streams(logGroupName=ORDERS, orderBy="LastEventTime", descending=True)["logStreams"]
    assert len(streams) == 50
    latest = streams[0]
    assert latest["lastEventTimestamp"] >= streams[1]["lastEventTimestamp"]
    page = logs.get_log_events(logGroupName=ORDERS, logStreamName=latest["logStreamName"], startFromHead=True, limit=5)
    assert page["events"][0]["timestamp"] == latest["firstEventTimestamp"]
    events = list(page["events"])
    while True:
        following = logs.get_log_events(logGroupName=ORDERS, logStreamName=latest["logStreamName"], nextToken=page["nextForwardToken"])
        if following["nextForwardToken"] == page["nextForwardToken"]:
            break
        events += following["events"]
        page = following
    assert events[-1]["timestamp"] == latest["lastEventTimestamp"]


def test_groups_come_in_pages(client):
    pages = client("logs").get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 3})
    groups = [group for page in pages for group in page["logGroups"]]
    assert [group["logGroupName"] for group in groups] == [ORDERS, "/aws/lambda/thumbnails", "/bookshop/empty", WEB]
    assert groups[0]["retentionInDays"] == 30 and groups[0]["storedBytes"] > 1_000_000
    named = client("logs").describe_log_groups(logGroupNamePattern="book")["logGroups"]
    assert [group["logGroupName"] for group in named] == ["/bookshop/empty", WEB]


def test_structured_patterns_select_by_fields(client):
    assert len(messages(client, '{ $.level = "error" && $.status >= 500 }')) == 3
    assert len(messages(client, "{ $.http.path = /books/1* || $.latency_ms < 10 }")) == 4
    assert len(messages(client, "{ $.user IS NULL && $.nope NOT EXISTS }")) == 12
    assert len(messages(client, "[ip, id, user, timestamp, request, status = 4*, bytes]")) == 1
    assert len(messages(client, "%frank|MISSING%")) == 2
    assert messages(client, "?frank ?MISSING") == messages(client, "%frank|MISSING%")
    assert len(messages(client, "level -POST")) == 6


#: moto reads a quoted phrase only alone, and knows neither `?` nor `-`.
PATTERNS = ["level", "level POST", "ERROR ARGUMENTS", '"GET /index.html"', '"[ERROR 419]"', "nowhere"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_term_patterns_match_what_moto_matches(client, pattern):
    moto = pytest.importorskip("moto")
    everything = messages(client, "")
    with moto.mock_aws():
        other = boto3.client("logs", region_name=REGION, **CREDENTIALS)
        other.create_log_group(logGroupName=WEB)
        other.create_log_stream(logGroupName=WEB, logStreamName="s")
        start = int(time.time() * 1000) - 1000
        events = [{"timestamp": start + index, "message": message} for index, message in enumerate(everything)]
        other.put_log_events(logGroupName=WEB, logStreamName="s", logEvents=events)
        expected = [event["message"] for event in other.filter_log_events(logGroupName=WEB, filterPattern=pattern)["events"]]
    assert messages(client, pattern) == expected


def test_errors_of_logs_are_those_of_aws(client):
    logs = client("logs")
    assert refused(logs.filter_log_events, logGroupName="nope") == (
        "ResourceNotFoundException",
        "The specified log group does not exist.",
    )
    assert refused(logs.filter_log_events, logGroupName=WEB, filterPattern="a:b")[0] == "InvalidParameterException"
    query = {"logGroupName": WEB, "startTime": 1765800000, "endTime": 1765900000}
    code, message = refused(logs.start_query, **query, queryString="fields @message | filter (a = 1")
    assert code == "MalformedQueryException" and "line 1 and position 31" in message


def insights(client, query: str, group: str = ORDERS, **arguments):
    logs = client("logs")
    span = {"startTime": int((NOW - timedelta(days=1)).timestamp()), "endTime": int(NOW.timestamp())}
    started = logs.start_query(logGroupName=group, queryString=query, **span, **arguments)
    result = logs.get_query_results(queryId=started["queryId"])
    assert result["status"] == "Complete"
    return [{cell["field"]: cell["value"] for cell in row} for row in result["results"]], result["statistics"]


def test_insights_counts_what_the_metrics_count(client):
    rows, statistics = insights(client, 'filter @type = "REPORT" | stats count(*) as n, max(@maxMemoryUsed / 1000000) as mb, sum(@duration) as ms')
    assert statistics["recordsScanned"] > statistics["recordsMatched"] == float(rows[0]["n"])
    points = client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Duration",
        Dimensions=[{"Name": "FunctionName", "Value": "orders-api"}],
        StartTime=NOW - timedelta(days=1),
        EndTime=NOW,
        Period=3600,
        Statistics=["Sum", "SampleCount"],
    )["Datapoints"]
    assert sum(point["SampleCount"] for point in points) == float(rows[0]["n"])
    assert sum(point["Sum"] for point in points) == pytest.approx(float(rows[0]["ms"]), abs=0.01)
    assert rows[0]["mb"] == "78"


def test_insights_rows_point_to_their_events_and_are_limited(client):
    rows, _ = insights(client, "fields @timestamp, @message | filter @message like /ERROR/ | limit 5")
    assert [sorted(row) for row in rows] == [["@message", "@ptr", "@timestamp"]]
    assert rows[0]["@timestamp"].startswith("2025-12-16 05:45:37.1")
    rows, _ = insights(client, "fields status, http.method | sort latency_ms desc", WEB, limit=2)
    assert [(row["status"], row["http.method"]) for row in rows] == [("200", "GET"), ("500", "POST")]


# Metrics


def data_query(identifier: str, namespace: str, metric: str, stat: str, period: int, **dimensions: str):
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    metric = {"Namespace": namespace, "MetricName": metric, "Dimensions": named}
    return {"Id": identifier, "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}}


QUERIES = [
    data_query("errors", "AWS/Lambda", "Errors", "Sum", 60, FunctionName="orders-api"),
    data_query("calls", "AWS/Lambda", "Invocations", "Sum", 60, FunctionName="orders-api"),
    {"Id": "rate", "Expression": "100 * errors / calls", "Label": "error rate"},
    data_query("p99", "AWS/Lambda", "Duration", "p99", 300, FunctionName="orders-api"),
]


def test_metric_data_in_pages_is_the_metric_data(client):
    cloudwatch = client("cloudwatch")
    span = {"MetricDataQueries": QUERIES, "StartTime": utc(2025, 12, 16, 5), "EndTime": NOW, "ScanBy": "TimestampAscending"}
    whole = cloudwatch.get_metric_data(**span)["MetricDataResults"]
    assert [result["Label"] for result in whole] == ["Errors", "Invocations", "error rate", "Duration"]
    failed = {time: value for time, value in zip(whole[0]["Timestamps"], whole[0]["Values"]) if value}
    assert failed == {utc(2025, 12, 16, 5, 45): 1.0}
    put_together = {}
    pages = cloudwatch.get_paginator("get_metric_data").paginate(**span, PaginationConfig={"PageSize": 7})
    for page in pages:
        for result in page["MetricDataResults"]:
            put_together.setdefault(result["Id"], []).extend(zip(result["Timestamps"], result["Values"]))
    assert put_together == {result["Id"]: list(zip(result["Timestamps"], result["Values"])) for result in whole}


def test_statistics_are_those_of_moto_for_the_same_samples(client):
    moto = pytest.importorskip("moto")
    dimensions = [{"Name": "Queue", "Value": "orders"}, {"Name": "Stage", "Value": "live"}]
    query = {
        "Namespace": "Bookshop",
        "MetricName": "Queue",
        "Dimensions": dimensions,
        "StartTime": utc(2025, 12, 16, 5),
        "EndTime": utc(2025, 12, 16, 5, 10),
        "Statistics": ["Average", "Sum", "Minimum", "Maximum", "SampleCount"],
    }
    with moto.mock_aws():
        other = boto3.client("cloudwatch", region_name=REGION, **CREDENTIALS)
        for minute in range(10):
            data = {"MetricName": "Queue", "Dimensions": dimensions, "Value": float(minute), "Unit": "Count", "Timestamp": utc(2025, 12, 16, 5, minute)}
            other.put_metric_data(Namespace="Bookshop", MetricData=[data])
        expected = {period: other.get_metric_statistics(**query, Period=period)["Datapoints"] for period in (60, 300)}
    for period, points in expected.items():
        by_time = lambda point: point["Timestamp"]  # noqa: E731
        assert sorted(client("cloudwatch").get_metric_statistics(**query, Period=period)["Datapoints"], key=by_time) == sorted(points, key=by_time)


def test_metrics_are_listed_by_filters(client):
    cloudwatch = client("cloudwatch")
    names = {metric["MetricName"] for metric in cloudwatch.list_metrics(Namespace="AWS/Lambda", Dimensions=[{"Name": "FunctionName"}])["Metrics"]}
    assert names == {"Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions"}
    recent = cloudwatch.list_metrics(Namespace="Bookshop", RecentlyActive="PT3H")["Metrics"]
    assert [metric["MetricName"] for metric in recent] == ["Queue"]


def test_alarms_and_their_history_come_with_times(client):
    cloudwatch = client("cloudwatch")
    alarm = cloudwatch.describe_alarms(StateValue="ALARM")["MetricAlarms"][0]
    assert alarm["AlarmName"] == "orders-api-errors" and alarm["Threshold"] == 1.0
    assert alarm["StateUpdatedTimestamp"] == utc(2025, 12, 16, 5, 47, 2).replace(microsecond=311000)
    pages = cloudwatch.get_paginator("describe_alarm_history").paginate(AlarmName="orders-api-errors", PaginationConfig={"PageSize": 1})
    items = [item for page in pages for item in page["AlarmHistoryItems"]]
    assert [item["HistoryItemType"] for item in items] == ["StateUpdate", "ConfigurationUpdate"]
    assert json.loads(items[0]["HistoryData"])["newState"]["stateValue"] == "ALARM"


def test_errors_of_metrics_are_those_of_aws(client):
    cloudwatch = client("cloudwatch")
    span = {"StartTime": utc(2025, 12, 15), "EndTime": utc(2025, 12, 16, 0, 1)}
    code, message = refused(cloudwatch.get_metric_statistics, Namespace="a", MetricName="b", Period=60, Statistics=["Sum"], **span)
    assert code == "InvalidParameterCombination" and "exceeds the limit of 1,440" in message
    search = [{"Id": "e1", "Expression": "SEARCH('{AWS/Lambda} Errors', 'Sum', 60)"}]
    code, message = refused(cloudwatch.get_metric_data, MetricDataQueries=search, **span)
    assert code == "ValidationError" and "SEARCH" in message


# The AWS CLI


def test_the_cli_searches_queries_and_measures(aws):
    found = aws("logs", "filter-log-events", "--log-group-name", ORDERS, "--filter-pattern", '"TypeError"', "--start-time", str(ms(NOW - timedelta(hours=1))))
    assert found.returncode == 0, found.stderr
    assert len(json.loads(found.stdout)["events"]) == 1
    started = aws("logs", "start-query", "--log-group-name", ORDERS, "--start-time", "1765860000", "--end-time", "1765865400",
                  "--query-string", "stats count(*) as lines by @type | sort @type")  # fmt: skip
    assert started.returncode == 0, started.stderr
    results = aws("logs", "get-query-results", "--query-id", json.loads(started.stdout)["queryId"])
    assert results.returncode == 0, results.stderr
    types = [cell["value"] for row in json.loads(results.stdout)["results"] for cell in row if cell["field"] == "@type"]
    assert types == ["END", "INIT_START", "REPORT", "START"]
    measured = aws("cloudwatch", "get-metric-data", "--start-time", "2025-12-16T05:00:00Z", "--end-time", "2025-12-16T06:10:00Z",
                   "--metric-data-queries", json.dumps(QUERIES[:1]))  # fmt: skip
    assert measured.returncode == 0, measured.stderr
    assert sum(json.loads(measured.stdout)["MetricDataResults"][0]["Values"]) == 1.0
    alarms = aws("cloudwatch", "describe-alarms", "--alarm-names", "orders-api-errors")
    assert json.loads(alarms.stdout)["MetricAlarms"][0]["StateValue"] == "ALARM", alarms.stderr
