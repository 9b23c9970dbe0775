-- Replacements for library functions that could run endlessly or use all memory within one instruction, where
-- no limit is checked; and errors that cannot be caught. Called with: whether an error is final, the form of
-- an error for the code that catches it, the function that ends the script at a limit, and the sizes of these
-- limits.

local is_final, told, stop, most_text, most_elements = ...
local error, type, rawget, select = error, type, rawget, select
local getmetatable, setmetatable = getmetatable, setmetatable

-- Errors that end the script cannot be caught.
local function checked(ok, problem, ...)
    if ok then
        return ok, problem, ...
    end
    if is_final(problem) then
        error(problem, 0)
    end
    return ok, told(problem)
end

local pcall_, xpcall_ = pcall, xpcall

function pcall(...)
    return checked(pcall_(...))
end

-- A handler is called where the error was raised, and no limit is checked there.
function xpcall(f, handler, ...)
    return checked(xpcall_(f, function(problem)
        if is_final(problem) then
            return problem
        end
        return handler(told(problem))
    end, ...))
end

-- Finalizers run outside all limits, to-be-closed variables after every error, and the time at which a
-- weak table loses an entry differs between runs.
local refused = {
    { "__gc", "finalizers" },
    { "__close", "to-be-closed variables" },
    { "__mode", "weak tables" },
}

function _G.setmetatable(t, meta)
    if type(meta) == "table" then
        for i = 1, #refused do
            local name, what = refused[i][1], refused[i][2]
            if rawget(meta, name) ~= nil then
                error(what .. " (" .. name .. ") are not supported in recipes", 2)
            end
        end
    end
    return setmetatable(t, meta)
end

local rep = string.rep

function string.rep(text, times, between)
    if type(text) == "string" and type(times) == "number" then
        local one = #text + (type(between) == "string" and #between or 0)
        -- Lua repeats as often as requested, even if the result is empty.
        if one == 0 then
            return ""
        end
        if one * times > most_text then
            stop("text")
        end
    end
    return rep(text, times, between)
end

local move = table.move

function table.move(from, first, last, to, into)
    if type(first) == "number" and type(last) == "number" and last - first >= most_elements then
        stop("elements")
    end
    return move(from, first, last, to, into or from)
end

-- A length that a metamethod returns is iterated over without checking any limit.
local function honest(f)
    return function(t, ...)
        local meta = getmetatable(t)
        if type(meta) == "table" and rawget(meta, "__len") ~= nil then
            error("a table with the metamethod __len cannot be used as a list", 2)
        end
        return f(t, ...)
    end
end

for _, name in ipairs { "insert", "remove", "sort", "concat", "unpack" } do
    table[name] = honest(table[name])
end
