%% The small session API in Erlang: the same as api.py and referee.py, operation for operation.
%% A fault is a map of atoms and integers; its trigger stands flat in it (nth, live, late).
-module(small).
-export([new/2, perform/2, referee/2, differs/2, live/2, dead/1]).

-define(PARAMETER, 16#80070057).
-define(FLAGS, 16#80040106).
-define(MEMORY, 16#8007000E).
-define(UNICODE, 16#80000000).

new(imsg, Fault) ->
    base(Fault, #{part => imsg, allocators => 0, storages => 0, released => []});
new(simple, Fault) ->
    base(Fault, #{part => simple, dead => []}).

%% sessions: Token => {MessageTokens, Born}; messages: Token => {Data, Owner | free, Refs};
%% handles: Handle => IsNew. Lists of messages are in the order of their creation.
base(Fault, More) ->
    maps:merge(#{fault => Fault, made => 0, calls => #{}, leaked => 0, sessions => #{},
                 messages => #{}, free => [], handles => #{}, given => #{}}, More).

%% --- the interpreter of operations -------------------------------------------------------------

perform([look], S) -> {look(S), S};
perform([open, Allocator, Flags, Out], S) -> given(session, open(Allocator, Flags, Out, count(open, S)));
perform([create, Session, Flags], S) ->
    given(message, create(token_of(session, Session, S), Flags, count(create, S)));
perform([addref, M], S) -> addref(token_of(message, M, S), count(addref, S));
perform([release, M], S) -> release(token_of(message, M, S), count(release, S));
perform([close, Session], S) -> close(token_of(session, Session, S), count(close, S));
perform([logon, Flags], S) -> given(handle, logon(Flags, count(logon, S)));
perform([logoff, H, Flags], S) -> logoff(token_of(handle, H, S), Flags, count(logoff, S));
perform([find, H], S) -> find(token_of(handle, H, S), count(find, S)).

given(_, {{Code, 0}, S}) -> {[Code, 0], S};
given(Kind, {{Code, Token}, #{given := Given} = S}) ->
    Tokens = maps:get(Kind, Given, []),
    Again = case lists:member(Token, Tokens) of true -> 2; false -> 1 end,
    {[Code, Again], S#{given := Given#{Kind => Tokens ++ [Token]}}}.

token_of(handle, -2, _) -> 16#7777;
token_of(_, -1, _) -> 0;
token_of(Kind, N, #{given := Given}) -> lists:nth(N + 1, maps:get(Kind, Given)).

count(Name, #{calls := Calls} = S) -> S#{calls := Calls#{Name => calls(Name, S) + 1}}.
calls(Name, #{calls := Calls}) -> maps:get(Name, Calls, 0).

token(#{made := Made} = S) -> {16#1000 + 16 * (Made + 1), S#{made := Made + 1}}.

has(Kind, Name, Live, S) -> has(Kind, Name, Live, false, S).
has(Kind, Name, Live, Late, #{fault := F} = S) ->
    maps:get(kind, F, none) =:= Kind
        andalso calls(Name, S) >= maps:get(nth, F, 0)
        andalso Live >= maps:get(live, F, 0)
        andalso (Late orelse not maps:get(late, F, false)).

unchecked(Name, Flags, #{fault := #{kind := 'flag-unchecked', function := Name, bit := Bit}}) ->
    Flags band bnot (1 bsl Bit);
unchecked(_, Flags, _) -> Flags.

flag_code(Name, Flags, Right, #{fault := #{kind := 'flag-code', function := Name, bit := Bit, code := Code}}) ->
    case Flags band (1 bsl Bit) of 0 -> Right; _ -> Code end;
flag_code(_, _, Right, _) -> Right.

leak_if(true, #{leaked := Leaked} = S) -> S#{leaked := Leaked + 1};
leak_if(false, S) -> S.

%% --- messages ----------------------------------------------------------------------------------

open(Allocator, Flags, Out, #{sessions := Sessions} = S) ->
    Live = map_size(Sessions),
    Bad = unchecked(open, Flags, S) band bnot ?UNICODE,
    Null = Allocator =:= 0 andalso not has('null-allocator', open, Live, S),
    if
        Null -> {{?PARAMETER, 0}, S};
        Out =:= 0 ->
            Code = case has('null-out-code', open, Live, S) of true -> 2; false -> ?PARAMETER end,
            {{Code, 0}, leak_if(has('null-out-leaks', open, Live, S), S)};
        Bad =/= 0 ->
            {{flag_code(open, Flags, ?FLAGS, S), 0}, leak_if(has('bad-flags-leak', open, Live, S), S)};
        true -> opened(Live, S)
    end.

opened(Live, #{sessions := Sessions, allocators := Allocators} = S) ->
    case {has(capacity, open, Live, S), Live > 0 andalso has('same-session', open, Live, S)} of
        {true, _} -> {{?MEMORY, 0}, S};
        {_, true} -> {{0, lists:min(maps:keys(Sessions))}, S};
        _ ->
            {Token, #{made := Made} = T} = token(S),
            {{0, Token}, T#{sessions := Sessions#{Token => {[], Made}}, allocators := Allocators + 1}}
    end.

create(Session, Flags, #{sessions := Sessions, free := Free} = S) ->
    Owner = case maps:is_key(Session, Sessions) of true -> Session; false -> free end,
    Live = length(siblings(Owner, S)),
    Bad = unchecked(create, Flags, S) band bnot (?UNICODE bor 1),
    Full = has('message-capacity', create, Live, S),
    Adopted = Owner =:= free andalso map_size(Sessions) > 0 andalso has('null-adopted', create, Live, S),
    if
        Bad =/= 0 -> {{flag_code(create, Flags, ?FLAGS, S), 0}, S};
        Full -> {{?MEMORY, 0}, S};
        true ->
            To = case Adopted of true -> lists:max(maps:keys(Sessions)); false -> Owner end,
            {Token, #{messages := Messages, storages := Storages} = T} = token(S),
            Message = {1000 + calls(create, S), To, 1},
            U = T#{messages := Messages#{Token => Message}, storages := Storages + 1},
            _ = Free,
            {{0, Token}, set_siblings(To, siblings(To, U) ++ [Token], U)}
    end.

siblings(free, #{free := Free}) -> Free;
siblings(Owner, #{sessions := Sessions}) ->
    case Sessions of #{Owner := {Tokens, _}} -> Tokens; _ -> [] end.

set_siblings(free, Tokens, S) -> S#{free := Tokens};
set_siblings(Owner, Tokens, #{sessions := Sessions} = S) ->
    case Sessions of
        #{Owner := {_, Born}} -> S#{sessions := Sessions#{Owner => {Tokens, Born}}};
        _ -> S
    end.

addref(Token, #{messages := Messages} = S) ->
    {Data, Owner, Refs} = maps:get(Token, Messages),
    Now = case has('addref-lost', addref, Refs, S) of true -> Refs; false -> Refs + 1 end,
    {[Now], S#{messages := Messages#{Token => {Data, Owner, Now}}}}.

release(Token, #{messages := Messages, released := Released} = S) ->
    {Data, Owner, Refs} = maps:get(Token, Messages),
    case Refs - 1 of
        0 ->
            Siblings = siblings(Owner, S),
            Late = length(Siblings) > 1 andalso hd(Siblings) =:= Token,
            {[0], finish(Token, release, Late, S)};
        Left ->
            Early = has('callback-early', release, map_size(Messages), S),
            Said = case Early of true -> Released ++ [Data]; false -> Released end,
            {[Left], S#{messages := Messages#{Token => {Data, Owner, Left}}, released := Said}}
    end.

close(Token, #{sessions := Sessions} = S0) ->
    {Mine0, Born} = maps:get(Token, Sessions),
    Others = maps:remove(Token, Sessions),
    Late = lists:any(fun({_, Other}) -> Other > Born end, maps:values(Others)),
    S1 = S0#{sessions := Others},
    {Mine, S2} = kept(Mine0, Late, S1),
    S3 = lists:foldl(fun(M, S) -> finish(M, close, Late, length_left(M, Mine), S) end, S2, Mine),
    All = has('close-all', close, map_size(Others), Late, S3),
    S4 = finish_if(All, lists:sort(maps:keys(maps:get(messages, S3))), Late, S3),
    Free = maps:get(free, S4),
    S5 = finish_if(has('close-free', close, length(Free), Late, S4), Free, Late, S4),
    #{released := Released} = S5,
    Again = has('callback-again', close, calls(release, S5), S5) andalso Released =/= [],
    S6 = case Again of true -> S5#{released := Released ++ [lists:last(Released)]}; false -> S5 end,
    %% As in api.py: what is left in the session (a message kept open) and what was closed.
    Leaks = has('allocator-leak', close, left(Mine0, Mine) + length(Mine), Late, S6),
    #{allocators := Allocators} = S6,
    {[0], case Leaks of true -> S6; false -> S6#{allocators := Allocators - 1} end}.

left(Mine0, Mine) -> length(Mine0) - length(Mine).

kept(Mine, Late, S) ->
    case Mine =/= [] andalso has('close-keeps', close, length(Mine), Late, S) of
        false -> {Mine, S};
        true ->
            #{fault := #{index := Index}, messages := Messages, free := Free} = S,
            At = ((Index rem length(Mine)) + length(Mine)) rem length(Mine),
            Kept = lists:nth(At + 1, Mine),
            {Data, _, Refs} = maps:get(Kept, Messages),
            {lists:delete(Kept, Mine), S#{messages := Messages#{Kept => {Data, free, Refs}}, free := Free ++ [Kept]}}
    end.

%% The closed session's own list is gone from the state; how many of it are still there.
length_left(Token, Mine) -> length(lists:dropwhile(fun(M) -> M =/= Token end, Mine)).

finish_if(false, _, _, S) -> S;
finish_if(true, Tokens, Late, S) -> lists:foldl(fun(M, T) -> finish(M, close, Late, T) end, S, Tokens).

finish(Token, By, Late, #{messages := Messages} = S) ->
    {_, Owner, _} = maps:get(Token, Messages),
    finish(Token, By, Late, length(lists:delete(Token, siblings(Owner, S))) + 1, S).

finish(Token, By, Late, Live, #{messages := Messages} = S0) ->
    {Data0, Owner, _} = maps:get(Token, Messages),
    S1 = set_siblings(Owner, lists:delete(Token, siblings(Owner, S0)), S0#{messages := maps:remove(Token, Messages)}),
    Leak = case By of release -> 'storage-leak-release'; close -> 'storage-leak-close' end,
    #{storages := Storages, released := Released} = S1,
    S2 = case has(Leak, By, Live, Late, S1) of true -> S1; false -> S1#{storages := Storages - 1} end,
    Data = case has('callback-data', release, 0, S2) of true -> Data0 band 16#FF; false -> Data0 end,
    case {has('callback-never', release, Live, Late, S2), has('callback-twice', release, Live, Late, S2)} of
        {true, _} -> S2;
        {_, true} -> S2#{released := Released ++ [Data, Data]};
        _ -> S2#{released := Released ++ [Data]}
    end.

%% --- logons ------------------------------------------------------------------------------------

logon(Flags, #{handles := Handles} = S) ->
    Live = map_size(Handles),
    Bad = unchecked(logon, Flags, S) band bnot 2,
    Full = has('logon-capacity', logon, Live, S),
    Zero = has('zero-handle', logon, Live, S),
    Same = Live > 0 andalso has('same-handle', logon, Live, S),
    if
        Bad =/= 0 -> {{2, 0}, leak_if(has('bad-logon-leaks', logon, Live, S), S)};
        Full -> {{2, 0}, S};
        Zero -> {{0, 0}, S};
        Same -> {{0, lists:max(maps:keys(Handles))}, S};
        true ->
            {Handle, T} = token(S),
            New = Flags band 2 =/= 0 andalso not has('new-ignored', logon, Live, S),
            {{0, Handle}, T#{handles := Handles#{Handle => New orelse has('always-new', logon, Live, S)}}}
    end.

logoff(Handle, Flags, #{handles := Handles} = S) ->
    Live = map_size(Handles),
    case maps:is_key(Handle, Handles) of
        false -> stranger(Handle, Live, S);
        true ->
            case unchecked(logoff, Flags, S) of
                0 -> {[0], ended(Handle, Live, S)};
                _ -> {[flag_code(logoff, Flags, 2, S)], S}
            end
    end.

stranger(Handle, Live, #{handles := Handles, dead := Dead, fault := Fault} = S) ->
    Wrong = case {lists:member(Handle, Dead), Handle} of
        {true, _} -> has('dead-accepted', logoff, length(Dead), S);
        {_, 0} -> has('zero-accepted', logoff, Live, S);
        _ -> has('unknown-accepted', logoff, Live, S)
    end,
    Ends = Wrong andalso Live > 0 andalso maps:get(ends, Fault, false),
    T = case Ends of true -> drop(lists:max(maps:keys(Handles)), S); false -> S end,
    {[case Wrong of true -> 0; false -> 19 end], T}.

ended(Handle, Live, #{handles := Handles, leaked := Leaked} = S) ->
    Late = Live > 1 andalso Handle =:= lists:min(maps:keys(Handles)),
    case {has('logoff-keeps', logoff, Live, Late, S), has('logoff-ends-all', logoff, Live, Late, S)} of
        {true, _} ->
            More = case maps:get(Handle, Handles) of true -> 1; false -> 0 end,
            drop(Handle, S#{leaked := Leaked + More});
        {_, true} -> lists:foldl(fun drop/2, S, lists:sort(maps:keys(Handles)));
        _ -> drop(Handle, S)
    end.

drop(Handle, #{handles := Handles, dead := Dead} = S) ->
    S#{handles := maps:remove(Handle, Handles), dead := Dead ++ [Handle]}.

find(Handle, #{handles := Handles, dead := Dead} = S) ->
    Used = lists:member(Handle, Dead) andalso has('dead-used', find, length(Dead), S),
    {[case maps:is_key(Handle, Handles) orelse Used of true -> 16; false -> 19 end], S}.

look(#{part := imsg, sessions := Sessions, messages := Messages, leaked := Leaked,
       allocators := Allocators, storages := Storages, released := Released}) ->
    [map_size(Sessions) + Leaked, map_size(Messages), Allocators, Storages, Released];
look(#{part := simple, handles := Handles, leaked := Leaked}) ->
    All = maps:values(Handles),
    Shared = case lists:member(false, All) of true -> 1; false -> 0 end,
    [length([New || New <- All, New]) + Shared + Leaked].

%% --- the referee: a correct instance beside the one under test -----------------------------------

referee(Part, Fault) ->
    #{right => new(Part, #{}), tested => new(Part, Fault), session => [], message => [], handle => [],
      dead => [], owner => #{}, made => #{}}.

live(Kind, R) -> maps:get(Kind, R).
dead(#{dead := Dead}) -> Dead.

differs(Operation, #{right := Right, tested := Tested} = R) ->
    {Expected, Right1} = perform(Operation, Right),
    try perform(Operation, Tested) of
        {Observed, Tested1} ->
            {Observed =/= Expected, follow(Operation, Expected, R#{right := Right1, tested := Tested1})}
    catch
        error:_ -> {true, R}
    end.

follow([open | _], [_, N], R) when N > 0 -> born(session, R);
follow([create, Owner, _], [_, N], R) when N > 0 ->
    #{message := Messages, owner := Owners} = T = born(message, R),
    T#{owner := Owners#{lists:last(Messages) => Owner}};
follow([logon, _], [_, N], R) when N > 0 -> born(handle, R);
follow([release, M], [0], #{message := Messages} = R) -> R#{message := lists:delete(M, Messages)};
follow([close, S], _, #{session := Sessions, message := Messages, owner := Owners} = R) ->
    R#{session := lists:delete(S, Sessions), message := [M || M <- Messages, maps:get(M, Owners) =/= S]};
follow([logoff, H, _], [0], #{handle := Handles, dead := Dead} = R) ->
    case lists:member(H, Handles) of
        true -> R#{handle := lists:delete(H, Handles), dead := Dead ++ [H]};
        false -> R
    end;
follow(_, _, R) -> R.

born(Kind, #{made := Made} = R) ->
    N = maps:get(Kind, Made, 0),
    R#{Kind := maps:get(Kind, R) ++ [N], made := Made#{Kind => N + 1}}.
