-- What is counted of each request: in nginx's log phase, so once, with the status that went out, whatever the request
-- was redirected to on its way.
--
-- Every download comes through here: nothing is put together that was put together for one before.

local metrics = require "imgfilter.metrics"

local M = {}

-- What a client has that left before it was answered, to nginx.
local LEFT = 499

local bytes_in = metrics.each("imgfilter_request_bytes_total", "route", metrics.ROUTES)
local bytes_out = metrics.each("imgfilter_response_bytes_total", "route", metrics.ROUTES)
local seconds = metrics.each("imgfilter_request_seconds", "route", metrics.ROUTES)

-- By what nginx calls it.
local downloads = {}
for name, series in pairs(metrics.each("imgfilter_downloads_total", "cache", metrics.CACHE)) do
    downloads[name:upper()] = series
end

-- Numbers of requests, by route and status.
local requests = {}
for _, route in ipairs(metrics.ROUTES) do
    requests[route] = {}
end

local function series_of(route, status)
    local by_status = requests[route]
    local series = by_status[status]
    if not series then
        series = metrics.series("imgfilter_requests_total", "route", route, "status", string.format("%d", status))
        by_status[status] = series
    end
    return series
end

-- How an upload in one piece has ended. What became of one in pieces uploads.lua knows, but for those that were refused
-- before there was one.
local function end_of_upload(status)
    local taken = ngx.ctx.taken
    if taken then
        metrics.upload(taken.replayed and "replayed" or "taken", taken.bytes)
    elseif status == LEFT then
        metrics.upload("abandoned")
    else
        metrics.upload("refused")
    end
end

local OF_ROUTE = {
    downloads = function()
        metrics.add(downloads[ngx.var.upstream_cache_status or "NONE"] or downloads.NONE, 1)
    end,
    images = function(status)
        -- that of an error page is GET
        local method = ngx.var.logged_method
        if method == "POST" or method == "PUT" then
            end_of_upload(status)
        end
    end,
    uploads = function(status)
        if status >= 400 and ngx.var.logged == "POST /uploads" then
            end_of_upload(status)
        end
    end,
}

function M.request()
    local var, status = ngx.var, ngx.status
    local route = var.counted
    if not route or not requests[route] then
        -- it was over before nginx had read where it goes to
        route = "other"
    end
    metrics.add(series_of(route, status), 1)
    metrics.add(bytes_in[route], tonumber(var.request_length))
    metrics.add(bytes_out[route], tonumber(var.bytes_sent))
    metrics.observe(seconds[route], ngx.now() - ngx.req.start_time())
    local more = OF_ROUTE[route]
    if more then
        more(status)
    end
end

return M
