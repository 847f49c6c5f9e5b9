-- What is counted, for Prometheus. Names, labels and meanings are in docs/METRICS.md; metrics_page.lua tells them.
--
-- Each nginx worker counts in tables of its own, and adds them once a second to a dictionary that all workers share: a
-- request costs no lock. A worker that is killed takes the last second with it.
--
-- The dictionary never gives up one number for another: when it is full, what is not in it yet is not counted, but for
-- how often that was (M.DROPPED). No request is the worse for it.

local M = {}

-- Time between two additions, in seconds.
local INTERVAL = 1
-- How long what a worker has said of its present state is believed, in seconds.
local LIFE = 5 * INTERVAL

-- What divides the name of a number from what it is of it: of a histogram one of its buckets or its sum, of a present
-- state the worker whose it is. It stands in no name.
M.SEPARATOR = "\t"

-- Upper bounds of the buckets of all histograms, in seconds.
M.BUCKETS = { 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300 }

-- What could not be counted.
M.DROPPED = "imgfilter_edge_metrics_dropped_total"

-- Routes are those of the map in nginx/http.conf.
M.ROUTES = {
    "images", "uploads", "tasks", "task", "events", "downloads", "filters", "notifications", "deliveries", "page",
    "other",
}
M.UPLOAD_ENDS = { "taken", "replayed", "refused", "abandoned" }
-- Refusals and statuses that alerts watch: what they did not know of before its first time would not be seen to rise.
M.WATCHED_CODES = { "queue_full", "spool_full", "database_unavailable", "storage_unavailable", "overloaded" }
M.WATCHED_STATUSES = { "500", "502", "503" }
M.STAGES = { "body", "check", "store", "submit" }
-- nginx's $upstream_cache_status in lower case; none where the cache was not asked.
M.CACHE = { "hit", "miss", "stale", "updating", "bypass", "expired", "revalidated", "none" }

-- A number under its name and labels, as the page shows it. Values of labels are of lists of ours, and hold nothing
-- that had to be escaped.
function M.series(name, ...)
    local labels = {}
    for index = 1, select("#", ...), 2 do
        local label, value = select(index, ...)
        labels[#labels + 1] = label .. '="' .. value .. '"'
    end
    return #labels > 0 and name .. "{" .. table.concat(labels, ",") .. "}" or name
end

-- A number for each value of a label, made beforehand: none is put together while requests are served.
function M.each(name, label, values)
    local by_value = {}
    for _, value in ipairs(values) do
        by_value[value] = M.series(name, label, value)
    end
    return by_value
end

local uploads = M.each("imgfilter_uploads_total", "end", M.UPLOAD_ENDS)
local stages = M.each("imgfilter_edge_stage_seconds", "stage", M.STAGES)

-- Whether anybody can read it.
local on = false

-- What was counted since the last addition: by the number's name, and histograms as { by bucket, sum = }.
local counts, histograms = {}, {}
-- What tells the present states of this worker, by name.
local states = {}

function M.add(series, amount)
    if on then
        counts[series] = (counts[series] or 0) + amount
    end
end

function M.observe(series, seconds)
    if not on then
        return
    end
    -- the clock may be set back
    seconds = math.max(seconds, 0)
    local histogram = histograms[series]
    if not histogram then
        histogram = { sum = 0 }
        histograms[series] = histogram
    end
    local bucket = 1
    while bucket <= #M.BUCKETS and seconds > M.BUCKETS[bucket] do
        bucket = bucket + 1
    end
    histogram[bucket] = (histogram[bucket] or 0) + 1
    histogram.sum = histogram.sum + seconds
end

-- How an upload has ended, in images or in pieces, and its size if it was taken, in bytes.
function M.upload(how, bytes)
    M.add(uploads[how], 1)
    if how == "taken" then
        M.add("imgfilter_upload_bytes_total", bytes)
    end
end

-- That a problem was answered.
function M.refused(code)
    if on then
        M.add(M.series("imgfilter_refusals_total", "code", code or "unknown"), 1)
    end
end

-- The time since `started` (of ngx.now()), as that of a stage of an upload.
function M.stage(name, started)
    M.observe(stages[name], ngx.now() - started)
end

-- Has the present state of each worker asked of `ask` whenever numbers are added; the page tells their sum.
function M.state_of_worker(name, ask)
    states[name] = ask
end

-- Adds to a number that all workers share.
local function write(dictionary, name, amount)
    local added, err = dictionary:incr(name, amount)
    if not added and err == "not found" then
        added, err = dictionary:safe_add(name, amount)
        if err == "exists" then
            added = dictionary:incr(name, amount)
        end
    end
    if not added then
        dictionary:incr(M.DROPPED, 1)
    end
end

local function write_histogram(dictionary, series, histogram)
    for part, amount in pairs(histogram) do
        write(dictionary, series .. M.SEPARATOR .. part, amount)
    end
end

-- Hands over what this worker has counted.
function M.flush()
    local dictionary = ngx.shared.metrics
    for series, amount in pairs(counts) do
        counts[series] = nil
        write(dictionary, series, amount)
    end
    for series, histogram in pairs(histograms) do
        histograms[series] = nil
        write_histogram(dictionary, series, histogram)
    end
    for name, ask in pairs(states) do
        dictionary:safe_set(name .. M.SEPARATOR .. ngx.worker.pid(), ask(), LIFE)
    end
end

-- So that a number that has not changed yet is 0, and not unknown: an increase from nothing to 1 is none to Prometheus.
local function prepare(dictionary)
    local function zero(name)
        dictionary:safe_add(name, 0)
    end
    zero(M.DROPPED)
    for _, name in ipairs({ "imgfilter_upload_bytes_total", "imgfilter_edge_database_errors_total",
        "imgfilter_edge_store_errors_total" }) do
        zero(name)
    end
    for _, series in pairs(uploads) do
        zero(series)
    end
    for _, series in pairs(M.each("imgfilter_downloads_total", "cache", M.CACHE)) do
        zero(series)
    end
    for _, series in pairs(M.each("imgfilter_refusals_total", "code", M.WATCHED_CODES)) do
        zero(series)
    end
    for _, series in pairs(stages) do
        zero(series .. M.SEPARATOR .. "sum")
    end
    for _, route in ipairs(M.ROUTES) do
        for _, status in ipairs(M.WATCHED_STATUSES) do
            zero(M.series("imgfilter_requests_total", "route", route, "status", status))
        end
        zero(M.series("imgfilter_request_bytes_total", "route", route))
        zero(M.series("imgfilter_response_bytes_total", "route", route))
        zero(M.series("imgfilter_request_seconds", "route", route) .. M.SEPARATOR .. "sum")
    end
end

-- In the master process, before it forks.
function M.switch_on()
    on = true
    prepare(ngx.shared.metrics)
end

-- For each nginx worker, after it was forked.
function M.start()
    if on then
        ngx.timer.every(INTERVAL, M.flush)
    end
end

-- When an nginx worker ends.
function M.ended()
    if on then
        M.flush()
    end
end

return M
