-- GET /metrics: what metrics.lua has counted in all nginx workers, and what is known of this moment, in the text format
-- 0.0.4 of Prometheus. Answered by a server of its own (nginx/metrics.conf).

local breaker = require "imgfilter.breaker"
local metrics = require "imgfilter.metrics"
local native = require "imgfilter.native"

local M = {}

local CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

-- All that is told, in this order: name, type and meaning.
M.FAMILIES = {
    { "imgfilter_requests_total", "counter", "Requests that were answered, by address and status." },
    { "imgfilter_request_bytes_total", "counter", "Bytes of requests, their heads included." },
    { "imgfilter_response_bytes_total", "counter", "Bytes of answers, their heads included." },
    { "imgfilter_request_seconds", "histogram", "Time from the first byte of a request to the last of its answer." },
    { "imgfilter_refusals_total", "counter", "Problems that were answered, by code." },
    { "imgfilter_uploads_total", "counter", "Uploads, by how they ended." },
    { "imgfilter_upload_bytes_total", "counter", "Bytes of the images that were taken." },
    { "imgfilter_edge_stage_seconds", "histogram", "Time of the stages of an upload." },
    { "imgfilter_downloads_total", "counter", "Requests for results, by what the cache knew of them." },
    { "imgfilter_edge_database_errors_total", "counter", "Calls of the database that had no answer in time." },
    { "imgfilter_edge_store_errors_total", "counter", "Requests to the store that had no good answer." },
    { "imgfilter_edge_breaker_open", "gauge", "Whether a part is left alone because it does not answer." },
    { "imgfilter_spool_free_bytes", "gauge", "Bytes that are free on the disk of the spool." },
    { "imgfilter_spool_size_bytes", "gauge", "Size of the disk of the spool." },
    { "imgfilter_edge_queue_waiting", "gauge", "Tasks that wait, as back-pressure counts them." },
    { "imgfilter_edge_queue_age_seconds", "gauge", "How long the oldest task has waited that is ready." },
    { "imgfilter_edge_watchers", "gauge", "Requests that watch a task." },
    { "imgfilter_edge_connections", "gauge", "Connections of nginx, by what they do." },
    { metrics.DROPPED, "counter", "Additions that were lost because the dictionary was full." },
    { "imgfilter_edge_info", "gauge", "The version of the edge." },
}

local PARTS = { database = breaker.database, store = breaker.storage }
local CONNECTIONS = { "active", "reading", "writing", "waiting" }

-- The name of a number without its labels, and what of it it is.
local function taken_apart(key)
    local series, part = key:match("^([^" .. metrics.SEPARATOR .. "]*)" .. metrics.SEPARATOR .. "(.*)$")
    series = series or key
    return series, part, series:match("^[^{]*")
end

-- A number as Prometheus reads it.
function M.number(value)
    if value == math.floor(value) and math.abs(value) < 2 ^ 53 then
        return string.format("%d", value)
    end
    return string.format("%.17g", value)
end

-- The series of another name, with one more label, if any.
local function renamed(series, suffix, label)
    local name, labels = series:match("^([^{]*){?(.-)}?$")
    local all = labels .. (labels ~= "" and label and "," or "") .. (label or "")
    return name .. suffix .. (all ~= "" and "{" .. all .. "}" or "")
end

local function write_histogram(lines, series, parts)
    local sum_of_counts = 0
    for index, bound in ipairs(metrics.BUCKETS) do
        sum_of_counts = sum_of_counts + (parts[tostring(index)] or 0)
        lines[#lines + 1] = renamed(series, "_bucket", 'le="' .. bound .. '"') .. " " .. M.number(sum_of_counts)
    end
    sum_of_counts = sum_of_counts + (parts[tostring(#metrics.BUCKETS + 1)] or 0)
    lines[#lines + 1] = renamed(series, "_bucket", 'le="+Inf"') .. " " .. M.number(sum_of_counts)
    lines[#lines + 1] = renamed(series, "_sum") .. " " .. M.number(parts.sum or 0)
    lines[#lines + 1] = renamed(series, "_count") .. " " .. M.number(sum_of_counts)
end

-- The numbers that were counted, by family: of each series its parts, or their sum where it is no histogram.
local function counted(dictionary)
    local families = {}
    for _, key in ipairs(dictionary:get_keys(0)) do
        local value = dictionary:get(key)
        local series, part, name = taken_apart(key)
        local family = families[name] or {}
        families[name] = family
        family[series] = family[series] or { total = 0 }
        if value then
            family[series].total = family[series].total + value
            family[series][part or "value"] = value
        end
    end
    return families
end

-- What is known of this moment. What is not known is not told.
local function present()
    local state, var = ngx.shared.edge, ngx.var
    local now = {
        ["imgfilter_spool_free_bytes"] = state:get("spool free"),
        ["imgfilter_spool_size_bytes"] = state:get("spool size"),
        ["imgfilter_edge_queue_waiting"] = state:get("queue waiting"),
        ["imgfilter_edge_queue_age_seconds"] = state:get("queue age"),
    }
    for name, part in pairs(PARTS) do
        now[metrics.series("imgfilter_edge_breaker_open", "part", name)] = part:is_open() and 1 or 0
    end
    for _, name in ipairs(CONNECTIONS) do
        now[metrics.series("imgfilter_edge_connections", "state", name)] = tonumber(var["connections_" .. name])
    end
    local known = native.call("version", "{}")
    now[metrics.series("imgfilter_edge_info", "version", known and known.version or "")] = 1
    return now
end

local function sorted_keys(of)
    local keys = {}
    for key in pairs(of) do
        keys[#keys + 1] = key
    end
    table.sort(keys)
    return keys
end

-- The whole page. `now` is by series.
function M.render(dictionary, now)
    local families = counted(dictionary)
    for series, value in pairs(now) do
        local name = series:match("^[^{]*")
        families[name] = families[name] or {}
        families[name][series] = { total = value }
    end
    local lines = {}
    for _, family in ipairs(M.FAMILIES) do
        local name, kind, help = family[1], family[2], family[3]
        lines[#lines + 1] = "# HELP " .. name .. " " .. help
        lines[#lines + 1] = "# TYPE " .. name .. " " .. kind
        local all = families[name] or {}
        for _, series in ipairs(sorted_keys(all)) do
            if kind == "histogram" then
                write_histogram(lines, series, all[series])
            else
                lines[#lines + 1] = series .. " " .. M.number(all[series].total)
            end
        end
    end
    return table.concat(lines, "\n") .. "\n"
end

function M.show()
    local method = ngx.req.get_method()
    if method ~= "GET" and method ~= "HEAD" then
        ngx.header["Allow"] = "GET, HEAD"
        return ngx.exit(ngx.HTTP_NOT_ALLOWED)
    end
    -- what the other workers have counted within the last second is not yet there
    metrics.flush()
    local page = M.render(ngx.shared.metrics, present())
    ngx.header["Content-Type"] = CONTENT_TYPE
    ngx.header["Content-Length"] = #page
    ngx.print(page)
end

return M
