local support = require "lua.spec.support"

-- A dictionary of nginx's that holds so many numbers and no more.
local function dictionary(room)
    local entries, count = {}, 0
    local dict = { entries = entries }
    function dict.get(_, name)
        return entries[name]
    end
    function dict.safe_set(_, name, value)
        if entries[name] == nil then
            if count >= room then
                return false, "no memory"
            end
            count = count + 1
        end
        entries[name] = value
        return true
    end
    function dict.safe_add(self, name, value)
        if entries[name] ~= nil then
            return false, "exists"
        end
        return self:safe_set(name, value)
    end
    function dict.incr(_, name, by)
        if entries[name] == nil then
            return nil, "not found"
        end
        entries[name] = entries[name] + by
        return entries[name]
    end
    function dict.get_keys()
        local keys = {}
        for name in pairs(entries) do
            keys[#keys + 1] = name
        end
        return keys
    end
    return dict
end

describe("metrics", function()
    local dict, metrics, pid

    local function begin(room)
        dict, pid = dictionary(room or 10000), 7
        rawset(_G, "ngx", { shared = { metrics = dict }, worker = { pid = function() return pid end },
            now = function() return 100 end })
        metrics = support.load("imgfilter.metrics")
    end

    local function page(now)
        local loaded = support.load("imgfilter.metrics_page", {
            ["imgfilter.metrics"] = metrics, ["imgfilter.native"] = {},
            ["imgfilter.breaker"] = { database = {}, storage = {} },
        })
        return loaded, loaded.render(dict, now or {})
    end

    local function has(text, line)
        assert.is_truthy(("\n" .. text):find("\n" .. line .. "\n", 1, true), line .. " is not in\n" .. text)
    end

    before_each(function() begin() end)
    after_each(function() rawset(_G, "ngx", nil) end)

    it("are not counted where nobody can read them", function()
        metrics.add("x_total", 1)
        metrics.observe("x_seconds", 1)
        metrics.refused("gone")
        metrics.switch_on()
        metrics.flush()
        assert.is_nil(dict.entries.x_total)
    end)

    it("are 0 before anything was counted", function()
        metrics.switch_on()
        local _, text = page()
        has(text, 'imgfilter_uploads_total{end="taken"} 0')
        has(text, 'imgfilter_downloads_total{cache="hit"} 0')
        has(text, 'imgfilter_edge_stage_seconds_count{stage="store"} 0')
        has(text, 'imgfilter_request_seconds_bucket{route="images",le="+Inf"} 0')
        has(text, "imgfilter_edge_metrics_dropped_total 0")
    end)

    it("keep their numbers when nginx is loaded anew", function()
        metrics.switch_on()
        metrics.upload("taken", 5)
        metrics.flush()
        metrics.switch_on()
        assert.equal(5, dict.entries["imgfilter_upload_bytes_total"])
    end)

    it("are handed over once", function()
        metrics.switch_on()
        metrics.upload("taken", 1000)
        metrics.upload("taken", 24)
        metrics.upload("replayed", 24)
        metrics.refused("gone")
        assert.equal(0, dict.entries["imgfilter_upload_bytes_total"])
        metrics.flush()
        metrics.flush()
        local _, text = page()
        has(text, 'imgfilter_uploads_total{end="taken"} 2')
        has(text, 'imgfilter_uploads_total{end="replayed"} 1')
        has(text, "imgfilter_upload_bytes_total 1024")
        has(text, 'imgfilter_refusals_total{code="gone"} 1')
    end)

    it("fall into buckets, of which each holds those below", function()
        metrics.switch_on()
        metrics.stage("body", 99.5)
        metrics.stage("body", 100)
        metrics.stage("body", 101)
        metrics.stage("body", -1000)
        metrics.flush()
        local _, text = page()
        local function bucket(bound, count)
            has(text, 'imgfilter_edge_stage_seconds_bucket{stage="body",le="' .. bound .. '"} ' .. count)
        end
        bucket("0.001", 2)
        bucket("0.25", 2)
        bucket("0.5", 3)
        bucket("300", 3)
        bucket("+Inf", 4)
        has(text, 'imgfilter_edge_stage_seconds_sum{stage="body"} 1100.5')
        has(text, 'imgfilter_edge_stage_seconds_count{stage="body"} 4')
    end)

    it("of this moment are the sum of all workers'", function()
        metrics.switch_on()
        metrics.state_of_worker("imgfilter_edge_watchers", function() return pid end)
        metrics.flush()
        pid = 9
        metrics.flush()
        metrics.flush()
        local _, text = page({ ['imgfilter_edge_info{version="1"}'] = 1 })
        has(text, "imgfilter_edge_watchers 16")
        has(text, 'imgfilter_edge_info{version="1"} 1')
    end)

    it("that have no room push nothing out, and are told of", function()
        begin(60)
        metrics.switch_on()
        metrics.upload("taken", 5)
        local function requests()
            local _, text = page()
            return select(2, text:gsub("imgfilter_requests_total{", "")), text
        end
        local before = requests()
        for number = 1, 100 do
            metrics.add(metrics.series("imgfilter_requests_total", "route", "images", "status", tostring(number)), 1)
        end
        metrics.flush()
        assert.equal(5, dict.entries["imgfilter_upload_bytes_total"])
        local after, text = requests()
        assert.is_true(after - before < 100)
        has(text, "imgfilter_edge_metrics_dropped_total " .. 100 - (after - before))
    end)

    it("are numbers as Prometheus reads them", function()
        local loaded = page()
        assert.equal("0", loaded.number(0))
        assert.equal("1099511627776", loaded.number(2 ^ 40))
        assert.equal("0.25", loaded.number(0.25))
    end)
end)
