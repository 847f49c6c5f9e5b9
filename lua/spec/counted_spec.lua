local support = require "lua.spec.support"

describe("a request that is over", function()
    local counted, added, uploads

    -- What is counted of one, by series.
    local function request(var, status, taken)
        added, uploads = {}, {}
        rawset(_G, "ngx", {
            var = var, status = status, ctx = { taken = taken }, now = function() return 12.5 end,
            req = { start_time = function() return 12 end },
        })
        local ran, err = pcall(counted.request)
        rawset(_G, "ngx", nil)
        assert(ran, err)
        return added
    end

    before_each(function()
        local metrics = support.load("imgfilter.metrics")
        metrics.add = function(series, amount) added[series] = (added[series] or 0) + amount end
        metrics.observe = metrics.add
        metrics.upload = function(how, bytes) uploads[#uploads + 1] = how .. " " .. (bytes or "") end
        counted = support.load("imgfilter.counted", { ["imgfilter.metrics"] = metrics })
    end)

    local function var(route, more)
        local all = { counted = route, request_length = "100", bytes_sent = "2000" }
        for name, value in pairs(more or {}) do
            all[name] = value
        end
        return all
    end

    it("is counted under its route and status, with its bytes and its time", function()
        assert.same({
            ['imgfilter_requests_total{route="task",status="200"}'] = 1,
            ['imgfilter_request_bytes_total{route="task"}'] = 100,
            ['imgfilter_response_bytes_total{route="task"}'] = 2000,
            ['imgfilter_request_seconds{route="task"}'] = 0.5,
        }, request(var("task"), 200))
    end)

    it("is one of no known address where nginx has not read so far", function()
        assert.equal(1, request(var(nil), 400)['imgfilter_requests_total{route="other",status="400"}'])
        assert.equal(1, request(var(""), 400)['imgfilter_requests_total{route="other",status="400"}'])
    end)

    it("for a download tells what the cache knew", function()
        local series = 'imgfilter_downloads_total{cache="%s"}'
        for said, told in pairs({ HIT = "hit", MISS = "miss", UPDATING = "updating", NEW = "none" }) do
            local all = request(var("downloads", { upstream_cache_status = said }), 200)
            assert.equal(1, all[series:format(told)], said)
        end
        assert.equal(1, request(var("downloads"), 410)[series:format("none")])
    end)

    it("with an upload tells how that ended", function()
        request(var("images", { logged_method = "POST" }), 202, { bytes = 77 })
        assert.same({ "taken 77" }, uploads)
        request(var("images", { logged_method = "PUT" }), 202, { replayed = true, bytes = 77 })
        assert.same({ "replayed 77" }, uploads)
        request(var("images", { logged_method = "POST" }), 400)
        assert.same({ "refused " }, uploads)
        request(var("images", { logged_method = "POST" }), 499)
        assert.same({ "abandoned " }, uploads)
        request(var("images", { logged_method = "OPTIONS" }), 204)
        assert.same({}, uploads)
    end)

    it("with an upload in pieces tells of it only if it was refused at its beginning", function()
        request(var("uploads", { logged = "POST /uploads" }), 413)
        assert.same({ "refused " }, uploads)
        request(var("uploads", { logged = "POST /uploads" }), 201)
        assert.same({}, uploads)
        request(var("uploads", { logged = "PATCH /uploads/-" }), 409)
        assert.same({}, uploads)
    end)
end)
