local support = require "lua.spec.support"

local ID, PARENT, OWN = ("4bf92f3577b34da6"):rep(2), "00f067aa0ba902b7", "0123456789abcdeffedcba9876543210"

describe("a trace", function()
    local trace = support.load("imgfilter.trace")
    local logged

    local function with(var, phase)
        logged = nil
        rawset(_G, "ngx", {
            var = var, ERR = 4, req = { start_time = function() return 1795680000.25 end },
            get_phase = function() return phase end,
            log = function(_, ...) logged = table.concat({ ... }) end,
        })
    end

    after_each(function() rawset(_G, "ngx", nil) end)

    it("is that of the caller", function()
        with({ trace_id = ID, request_id = OWN, http_traceparent = "00-" .. ID .. "-" .. PARENT .. "-01" })
        assert.same({ id = ID, span = "0123456789abcdef", parent = PARENT, flags = "01", received = 1795680000.25 },
            trace.of_request())
    end)

    it("is one of ours where the caller has none, or none that nginx takes", function()
        local own = { id = OWN, span = "0123456789abcdef", flags = "00", received = 1795680000.25 }
        for _, header in ipairs({ "", "00-" .. ID .. "-0000000000000000-01", ID }) do
            with({ trace_id = OWN, request_id = OWN, http_traceparent = header })
            assert.same(own, trace.of_request())
        end
        with({ trace_id = OWN, request_id = OWN })
        assert.same(own, trace.of_request())
    end)

    it("stands in the lines of the error log that are about its request", function()
        with({ trace_id = ID }, "content")
        trace.log(4, "storage: ", 503, ": ", nil)
        assert.equal("storage: 503: nil, trace: " .. ID, logged)
        with({}, "timer")
        trace.log(4, "storage: ", 503)
        assert.equal("storage: 503", logged)
    end)
end)
