-- wrk's requests, and its findings as one line of JSON. The first argument is the request's body.

function init(args)
  wrk.method = "POST"
  wrk.body = args[1]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout + errors.status
  print(string.format(
    '{"requests":%d,"errors":%d,"us":%d,"bytes":%d,"p50us":%d,"p99us":%d}',
    summary.requests, failed, summary.duration, summary.bytes,
    latency:percentile(50), latency:percentile(99)
  ))
end
