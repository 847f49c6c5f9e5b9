local support = require "lua.spec.support"

local database = support.load("imgfilter.database", {
    ["imgfilter.breaker"] = {}, ["imgfilter.config"] = {}, ["imgfilter.idempotency"] = {}, ["imgfilter.originals"] = {},
    ["imgfilter.problem"] = {}, ["imgfilter.quotas"] = {},
    ["imgfilter.threads"] = {},
})

describe("a bounded connection string", function()
    it("is made of key words", function()
        assert.equal(
            "host=/run/pg dbname=x connect_timeout=5 tcp_user_timeout=5000 application_name=imgfilter-edge"
                .. " options='-c statement_timeout=5000'",
            database.bounded("host=/run/pg dbname=x", 5))
    end)

    it("is made of a URL, with and without a query", function()
        local bounds = "connect_timeout=2&tcp_user_timeout=500&application_name=imgfilter-edge"
            .. "&options=-c%20statement_timeout%3D500"
        assert.equal("postgresql://a@h/x?" .. bounds, database.bounded("postgresql://a@h/x", 0.5))
        assert.equal("postgres://h/x?sslmode=require&" .. bounds,
            database.bounded("postgres://h/x?sslmode=require", 0.5))
    end)
end)
